#include "localities.h"

#include <sshsniff/header_fields.h>

struct place {
    struct address address;
    struct list_link link;
    uint32_t id, hash;
    uint32_t sent;       /* packets that it sent from here */
    uint32_t arrived;    /* packets of it that came in */
    bool beyond;         /* a packet left this machine for it */
    uint8_t arrived_ttl; /* of the latest that came in, and for whom */
    struct address arrived_for;
};

#define LINK_AT offsetof(struct place, link)

size_t localities_bytes_of_one(void)
{
    return sizeof(struct place);
}

void localities_init(struct localities *localities, uint32_t most, const struct hash_key *hash_key, uint32_t *failures)
{
    *localities = (struct localities){.most = most, .hash_key = hash_key, .failures = failures};
}

void localities_destroy(struct localities *localities)
{
    if (!localities->made)
        return;
    pool_destroy(&localities->pool);
    index_destroy(&localities->index);
}

static bool make(struct localities *l)
{
    if (l->made)
        return true;
    ++*l->failures;
    if (!pool_init(&l->pool, sizeof(struct place), l->most))
        return false;
    if (!index_init(&l->index)) {
        pool_destroy(&l->pool);
        return false;
    }
    --*l->failures;
    l->pool.failures = l->index.failures = l->failures;
    l->made = true;
    return true;
}

static struct place *find(const struct localities *l, const struct address *address, uint32_t hash)
{
    uint32_t cursor = hash & l->index.mask, id;
    while ((id = index_next(&l->index, hash, &cursor)) != POOL_NONE) {
        struct place *place = pool_at(&l->pool, id);
        if (address_equal(&place->address, address))
            return place;
    }
    return NULL;
}

/* Those that were only heard of go first: a flood has many senders, and a machine few addresses. */
static uint32_t take(struct localities *l)
{
    uint32_t id = pool_take(&l->pool);
    struct list *queue = l->others.head ? &l->others : &l->senders;
    if (id != POOL_NONE || !queue->head)
        return id;
    uint32_t oldest = queue->head - 1;
    struct place *place = pool_at(&l->pool, oldest);
    index_remove(&l->index, place->hash, oldest);
    list_remove(queue, &l->pool, LINK_AT, oldest);
    pool_give(&l->pool, oldest);
    return pool_take(&l->pool);
}

/* NULL when memory is out. */
static struct place *get_hashed(struct localities *l, const struct address *address, uint32_t hash)
{
    struct place *place = find(l, address, hash);
    if (place)
        return place;
    uint32_t id = take(l);
    if (id == POOL_NONE)
        return NULL;
    place = pool_at(&l->pool, id);
    place->address = *address;
    place->hash = hash;
    place->id = id;
    if (!index_insert(&l->index, hash, id)) {
        pool_give(&l->pool, id);
        return NULL;
    }
    list_append(&l->others, &l->pool, LINK_AT, id);
    return place;
}

static struct place *get(struct localities *l, const struct address *address)
{
    return get_hashed(l, address, hash_address(address, l->hash_key));
}

/* ---- Networks: as large as those of most links ---- */

static bool same_network(const struct address *a, const struct address *b)
{
    enum { IPV4_24 = 15, IPV6_64 = 8 }; /* bytes */
    if (address_is_ipv4(a) != address_is_ipv4(b))
        return false;
    return memcmp(a->bytes, b->bytes, address_is_ipv4(a) ? IPV4_24 : IPV6_64) == 0;
}

/* Every machine has them beside those that others connect to. */
static bool is_link_local(const struct address *a)
{
    if (address_is_ipv4(a))
        return (a->bytes[12] == 169 && a->bytes[13] == 254) || a->bytes[12] == 127 || a->bytes[12] == 0;
    return a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static void note_own_network(struct localities *l, const struct address *address, uint32_t interface)
{
    if (is_link_local(address) || l->own_used == OWN_NETWORKS)
        return;
    for (uint32_t i = 0; i < l->own_used; i++)
        if (l->own[i].interface == interface && same_network(&l->own[i].address, address))
            return;
    l->own[l->own_used].address = *address;
    l->own[l->own_used++].interface = interface;
}

/* ---- What one packet shows ---- */

static void learn_sent(struct localities *l, const struct address *address, uint32_t interface)
{
    enum { FEW = 8 };
    struct place *place = address_is_none(address) ? NULL : get(l, address);
    if (!place || place->sent == UINT32_MAX)
        return;
    if (place->sent == 0) {
        list_remove(&l->others, &l->pool, LINK_AT, place->id);
        list_append(&l->senders, &l->pool, LINK_AT, place->id);
    }
    if (place->sent++ < FEW)
        note_own_network(l, address, interface);
}

static void learn_arrived(struct localities *l, const struct address *address)
{
    struct place *place = address_is_none(address) ? NULL : get(l, address);
    if (place)
        place->arrived += place->arrived < UINT32_MAX;
}

static void learn_beyond(struct localities *l, const struct address *address)
{
    struct place *place = address_is_none(address) ? NULL : get(l, address);
    if (place)
        place->beyond = true;
}

static void learn_neighbour(struct localities *l, const struct packet *packet)
{
    const struct neighbour_view *n = &packet->neighbour;
    const struct address *speaker = n->kind == NEIGHBOUR_REPLY ? &n->target : &n->asker;
    if (packet->direction == DIRECTION_IN) {
        learn_arrived(l, speaker);
        return;
    }
    learn_sent(l, speaker, packet->interface);
    if (n->kind == NEIGHBOUR_REQUEST && !address_equal(&n->asker, &n->target))
        learn_beyond(l, &n->target);
}

/* The TTLs that stacks begin with. */
static bool is_full(uint8_t ttl)
{
    return ttl == 32 || ttl == 64 || ttl == 128 || ttl == 255;
}

/* A kernel that rejects a packet for one of its own addresses speaks from that address (icmp_send, icmp6_send). */
static void learn_from_error(struct localities *l, const struct packet *error)
{
    const struct icmp_view *icmp = &error->icmp;
    if (icmp->has_quote && !address_equal(&icmp->quote.dst, &error->src))
        learn_beyond(l, &icmp->quote.dst);
}

/* A firewall's RST leaves in the name of another. */
static void learn_left(struct localities *l, const struct packet *packet, const struct address_hashes *hashes)
{
    struct place *receiver = get_hashed(l, &packet->dst, hashes->dst);
    if (receiver)
        receiver->beyond = true;
    if (packet->kind == PACKET_TCP && packet->tcp.flags & TCP_RST)
        return;
    if (!packet_tells(packet, FIELD_TTL))
        return;
    if (is_full(packet->ttl)) {
        learn_sent(l, &packet->src, packet->interface);
        if (packet->kind == PACKET_ICMP_ERROR)
            learn_from_error(l, packet);
        return;
    }
    const struct place *place = find(l, &packet->src, hashes->src);
    if (place && place->arrived && place->arrived_ttl == packet->ttl + 1 &&
        address_equal(&place->arrived_for, &packet->dst))
        l->forwards_number = packet->number;
}

static void learn_came(struct localities *l, const struct packet *packet, const struct address_hashes *hashes)
{
    struct place *place = address_is_none(&packet->src) ? NULL : get_hashed(l, &packet->src, hashes->src);
    if (!place)
        return;
    place->arrived += place->arrived < UINT32_MAX;
    place->arrived_ttl = packet_tells(packet, FIELD_TTL) ? packet->ttl : 0;
    place->arrived_for = packet->dst;
}

/* What this machine sends to itself comes in over its loopback interface, which has no MAC address. */
static bool came_over_loopback(const struct packet *packet)
{
    static const uint8_t zeros[6];
    const uint8_t *mac = packet_src_mac(packet);
    return mac && memcmp(mac, zeros, sizeof zeros) == 0;
}

static enum locality judge(const struct place *place)
{
    /* Of what a bridge passes on unchanged, each packet that leaves came in before. */
    enum { MUCH_MORE = 4 };
    if (place->sent > MUCH_MORE * (uint64_t)place->arrived)
        return LOCALITY_HERE;
    return place->arrived || place->beyond ? LOCALITY_ELSEWHERE : LOCALITY_UNKNOWN;
}

/* A rule's place says more than the direction. */
static void learn_logged(struct localities *l, const struct packet *packet, const struct address_hashes *hashes)
{
    switch (packet->hook) {
    case HOOK_INPUT:
        learn_sent(l, &packet->dst, packet->interface);
        break;
    case HOOK_FORWARD:
        learn_beyond(l, &packet->dst);
        break;
    case HOOK_PREROUTING:
        break;
    case HOOK_OUTPUT:
    case HOOK_POSTROUTING:
        learn_left(l, packet, hashes);
        return;
    default:
        return;
    }
    if (!address_equal(&packet->src, &packet->dst))
        learn_came(l, packet, hashes);
}

static bool tells_of_a_way(const struct packet *packet)
{
    return (packet->direction != DIRECTION_UNKNOWN || packet->hook != HOOK_NONE) && packet->tunnel_depth == 0 &&
           !came_over_loopback(packet);
}

void localities_learn(struct localities *l, const struct packet *packet, const struct address_hashes *hashes)
{
    if (!tells_of_a_way(packet) || !make(l))
        return;
    if (packet->hook != HOOK_NONE)
        learn_logged(l, packet, hashes);
    else if (packet->kind == PACKET_ARP)
        learn_neighbour(l, packet);
    else if (packet->direction == DIRECTION_IN)
        learn_came(l, packet, hashes);
    else
        learn_left(l, packet, hashes);
}

enum locality localities_of(const struct localities *l, const struct address *address)
{
    const struct place *place = l->made ? find(l, address, hash_address(address, l->hash_key)) : NULL;
    return place ? judge(place) : LOCALITY_UNKNOWN;
}

const struct address *localities_other(const struct localities *l, const struct address *address, uint32_t interface)
{
    const struct address *other = NULL;
    for (uint32_t i = 0; i < l->own_used; i++) {
        const struct address *own = &l->own[i].address;
        if (same_network(own, address))
            return NULL;
        if (l->own[i].interface == interface && address_is_ipv4(own) == address_is_ipv4(address) &&
            localities_of(l, own) == LOCALITY_HERE)
            other = own;
    }
    return interface ? other : NULL;
}
