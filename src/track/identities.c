#include "identities.h"

#include <sshsniff/header_fields.h>

#include <string.h>

#include "mark.h"

struct known {
    struct list_link link;
    uint32_t id, hash;
    struct server_identity identity;
    /* the latest answer to somebody who asked, for the next one to be compared with */
    struct {
        struct address asker;
        int64_t us; /* 0: there was none */
        uint64_t number;
        uint8_t claim;
    } answer;
};

#define LINK_AT offsetof(struct known, link)

size_t identities_bytes_of_one(void)
{
    return sizeof(struct known);
}

void identities_init(struct identities *identities, uint32_t most, const struct hash_key *hash_key, uint32_t *failures)
{
    *identities = (struct identities){.most = most, .hash_key = hash_key, .failures = failures};
}

void identities_destroy(struct identities *identities)
{
    if (!identities->made)
        return;
    pool_destroy(&identities->pool);
    index_destroy(&identities->index);
}

/* ---- The table ---- */

static bool make(struct identities *t)
{
    if (t->made)
        return true;
    ++*t->failures;
    if (!pool_init(&t->pool, sizeof(struct known), t->most))
        return false;
    if (!index_init(&t->index)) {
        pool_destroy(&t->pool);
        return false;
    }
    --*t->failures;
    t->pool.failures = t->index.failures = t->failures;
    t->made = true;
    return true;
}

static uint32_t hash_of(const struct identities *t, const struct address *address)
{
    return hash_address(address, t->hash_key);
}

static struct known *find(const struct identities *t, const struct address *address)
{
    if (!t->made)
        return NULL;
    const uint32_t hash = hash_of(t, address);
    uint32_t cursor = hash & t->index.mask, id;
    while ((id = index_next(&t->index, hash, &cursor)) != POOL_NONE) {
        struct known *known = pool_at(&t->pool, id);
        if (address_equal(&known->identity.address, address))
            return known;
    }
    return NULL;
}

static uint32_t take(struct identities *t)
{
    const uint32_t id = pool_take(&t->pool);
    if (id != POOL_NONE || !t->order.head)
        return id;
    const uint32_t oldest = t->order.head - 1;
    const struct known *known = pool_at(&t->pool, oldest);
    index_remove(&t->index, known->hash, oldest);
    list_remove(&t->order, &t->pool, LINK_AT, oldest);
    pool_give(&t->pool, oldest);
    return pool_take(&t->pool);
}

/* NULL when memory is out. */
static struct known *get(struct identities *t, const struct address *address)
{
    struct known *known = find(t, address);
    if (known) {
        list_remove(&t->order, &t->pool, LINK_AT, known->id);
        list_append(&t->order, &t->pool, LINK_AT, known->id);
        return known;
    }
    if (!make(t))
        return NULL;
    const uint32_t id = take(t);
    if (id == POOL_NONE)
        return NULL;
    known = pool_at(&t->pool, id);
    known->identity.address = *address;
    known->hash = hash_of(t, address);
    known->id = id;
    if (!index_insert(&t->index, known->hash, id)) {
        pool_give(&t->pool, id);
        return NULL;
    }
    list_append(&t->order, &t->pool, LINK_AT, id);
    return known;
}

/* ---- Claims ---- */

/* MAC addresses that several machines share, or take over from each other: VRRP and CARP (RFC 9568), HSRP, GLBP,
 * network load balancing. They come and go beside the machines' own. */
static const struct shared_mac {
    uint8_t prefix[MAC_SIZE];
    uint8_t size; /* bytes of it */
} shared_macs[] = {
    {{0x00, 0x00, 0x5e, 0x00, 0x01}, 5},
    {{0x00, 0x00, 0x5e, 0x00, 0x02}, 5},
    {{0x00, 0x00, 0x0c, 0x07, 0xac}, 5},
    {{0x00, 0x00, 0x0c, 0x9f}, 4},
    {{0x00, 0x05, 0x73, 0xa0}, 4},
    {{0x00, 0x07, 0xb4}, 3},
    {{0x02, 0xbf}, 2},
};

static bool is_of_one_machine(const uint8_t *mac)
{
    static const uint8_t zeros[MAC_SIZE];
    if (mac[0] & 1 || memcmp(mac, zeros, sizeof zeros) == 0) /* a group's, or of an interface without any */
        return false;
    for (size_t i = 0; i < sizeof shared_macs / sizeof *shared_macs; i++)
        if (memcmp(mac, shared_macs[i].prefix, shared_macs[i].size) == 0)
            return false;
    return true;
}

enum claim_kind { CLAIM_ANSWER, CLAIM_ANNOUNCED, CLAIM_ASKS, CLAIM_SPEAKS };

struct heard {
    const uint8_t *mac;
    const struct packet *packet;
    enum claim_kind kind;
};

/* POOL_NONE: it never claimed the address on this link. */
static uint32_t claim_of(const struct server_identity *i, const struct heard *h)
{
    for (uint32_t n = 0; n < i->claims_used; n++)
        if (memcmp(i->claim[n].mac, h->mac, MAC_SIZE) == 0 && i->claim[n].interface == h->packet->interface)
            return n;
    return POOL_NONE;
}

static uint32_t new_claim(struct server_identity *i, const struct heard *h)
{
    if (i->claims_used == IDENTITY_CLAIMS)
        return POOL_NONE;
    struct mac_claim *claim = &i->claim[i->claims_used];
    *claim = (struct mac_claim){.interface = h->packet->interface, .first_number = h->packet->number};
    memcpy(claim->mac, h->mac, MAC_SIZE);
    return i->claims_used++;
}

static void see(struct sightings *s, int64_t ts_us)
{
    if (s->count == 0)
        s->first_us = ts_us;
    s->count += s->count < UINT32_MAX;
    s->last_us = ts_us;
}

/* Two answers to one question. A machine that takes an address over answers when the other no longer does. */
static void compare_answers(struct known *known, uint32_t n, const struct heard *h)
{
    enum { SAME_QUESTION_US = 900000 }; /* a kernel asks again after a second (neighbour table's retrans_time) */
    struct server_identity *i = &known->identity;
    const struct address *asker = &h->packet->neighbour.asker;
    const int64_t since_us = h->packet->ts_us - known->answer.us;
    if (known->answer.us && address_equal(asker, &known->answer.asker) && known->answer.claim != n &&
        i->claim[known->answer.claim].interface == i->claim[n].interface && since_us >= 0 &&
        since_us <= SAME_QUESTION_US) {
        see(&i->answered_twice, h->packet->ts_us);
        i->answer_number[0] = known->answer.number;
        i->answer_claim[0] = known->answer.claim;
        i->answer_number[1] = h->packet->number;
        i->answer_claim[1] = (uint8_t)n;
    }
    known->answer.asker = *asker;
    known->answer.us = h->packet->ts_us;
    known->answer.number = h->packet->number;
    known->answer.claim = (uint8_t)n;
}

/* Who has lost an address to another says nothing any more, and who takes it back announces that first. */
static void compare_turns(struct server_identity *i, uint32_t n, const struct heard *h)
{
    /* Of a take-over, in which packets cross each other; and after which an address may have been leased anew. */
    enum { MOMENT_US = 2000, LEASED_ANEW_US = 900000000 };
    const struct mac_claim *own = &i->claim[n], *other = &i->claim[i->latest_claim];
    if (i->latest_claim == n || own->count == 0 || other->interface != own->interface ||
        h->packet->ts_us - own->last_us > LEASED_ANEW_US)
        return;
    see(&i->turns, h->packet->ts_us);
    const int64_t since_us = h->packet->ts_us - other->last_us; /* negative: a clock was set back */
    if (h->kind == CLAIM_ANNOUNCED || (since_us >= 0 && since_us < MOMENT_US))
        return;
    see(&i->spoke_again, h->packet->ts_us);
    i->again_claim[0] = i->latest_claim;
    i->again_claim[1] = (uint8_t)n;
    i->again_number[0] = other->last_number;
    i->again_number[1] = h->packet->number;
}

static void hear(struct known *known, const struct heard *h)
{
    struct server_identity *i = &known->identity;
    uint32_t n = claim_of(i, h);
    if (n == POOL_NONE && h->kind != CLAIM_SPEAKS)
        n = new_claim(i, h);
    if (n == POOL_NONE)
        return;
    if (h->kind == CLAIM_ANSWER)
        compare_answers(known, n, h);
    compare_turns(i, n, h);
    struct mac_claim *claim = &i->claim[n];
    claim->count += claim->count < UINT32_MAX;
    claim->last_us = h->packet->ts_us;
    claim->last_number = h->packet->number;
    i->latest_claim = (uint8_t)n;
}

static enum claim_kind kind_of(const struct neighbour_view *n)
{
    if (n->kind == NEIGHBOUR_ANNOUNCEMENT)
        return CLAIM_ANNOUNCED;
    if (n->kind == NEIGHBOUR_REQUEST)
        return CLAIM_ASKS;
    return address_is_none(&n->asker) || address_is_group(&n->asker) ? CLAIM_ANNOUNCED : CLAIM_ANSWER;
}

void identities_note_neighbour(struct identities *t, const struct packet *packet)
{
    const struct neighbour_view *n = &packet->neighbour;
    const bool asks = n->kind == NEIGHBOUR_REQUEST;
    const struct address *speaker = asks ? &n->asker : &n->target;
    const struct heard heard = {asks ? packet_src_mac(packet) : n->target_mac, packet, kind_of(n)};
    if (!heard.mac || address_is_none(speaker) || address_is_link_local(speaker) || address_is_group(speaker) ||
        packet->tunnel_depth || !is_of_one_machine(heard.mac))
        return;
    struct known *known = get(t, speaker);
    if (known)
        hear(known, &heard);
}

/* A router's copy has a smaller TTL than its sender gave it; one that left this machine has this machine's MAC address.
 */
void identities_note_segment(struct identities *t, const struct packet *packet)
{
    const uint8_t *mac = packet_src_mac(packet);
    struct known *known = mac && packet->tunnel_depth == 0 ? find(t, &packet->src) : NULL;
    const struct heard heard = {mac, packet, CLAIM_SPEAKS};
    if (known && packet_tells(packet, FIELD_TTL) && (packet->ttl == 64 || packet->ttl == 128 || packet->ttl == 255))
        hear(known, &heard);
}

void identities_note_answer(struct identities *t, const struct address *server, const uint8_t *asked,
                            const uint8_t *mac, uint64_t number)
{
    struct known *known = memcmp(asked, mac, MAC_SIZE) != 0 ? find(t, server) : NULL;
    if (!known)
        return;
    memcpy(known->identity.crossed_asked, asked, MAC_SIZE);
    memcpy(known->identity.crossed_mac, mac, MAC_SIZE);
    known->identity.crossed_number = number;
}

/* ---- Looks ---- */

static struct server_look look_of(const struct attempt *a)
{
    const struct mark *synack = &a->answer->synack;
    const struct dialogue *d = a->answer->connection ? a->answer->connection->dialogue : NULL;
    struct server_look look = {
        .port = a->key.server_port,
        .ttl = synack->ttl,
        .window = synack->window,
        .mss = synack->mss,
        .spoke = a->answer->connection && a->answer->connection->side[SIDE_SERVER].payload_bytes,
        .has_mac = synack->bits & MARK_MAC,
        .has_asked_mac = a->has_asked_mac,
        .interface = synack->interface,
        .count = 1,
        .first_us = synack->ts_us,
        .last_us = synack->ts_us,
        .first_number = synack->number,
        .last_number = synack->number,
    };
    const int64_t rtt_us = synack->ts_us - a->syn.ts_us;
    memcpy(look.mac, synack->mac, MAC_SIZE);
    memcpy(look.asked_mac, a->asked_mac, MAC_SIZE);
    if (a->syns == 1 && rtt_us >= 0 && rtt_us < UINT32_MAX) /* else it is not known which SYN was answered */
        look.rtt_us = rtt_us ? (uint32_t)rtt_us : 1;
    if (d) {
        memcpy(look.banner, d->banner[SIDE_SERVER].text, LOOK_BANNER - 1);
        look.host_key = d->host_key;
        look.host_key_type = d->host_key_type;
    }
    return look;
}

static bool same_look(const struct server_look *a, const struct server_look *b)
{
    return a->port == b->port && a->ttl == b->ttl && a->interface == b->interface && a->has_mac == b->has_mac &&
           a->has_asked_mac == b->has_asked_mac && a->window == b->window && a->mss == b->mss &&
           memcmp(a->mac, b->mac, MAC_SIZE) == 0 && memcmp(a->asked_mac, b->asked_mac, MAC_SIZE) == 0 &&
           a->spoke == b->spoke && strcmp(a->banner, b->banner) == 0 && a->host_key == b->host_key;
}

static void join_look(struct server_look *known, const struct server_look *another)
{
    known->count += known->count < UINT32_MAX;
    if (another->rtt_us && (!known->rtt_us || another->rtt_us < known->rtt_us))
        known->rtt_us = another->rtt_us;
    if (another->last_us >= known->last_us) {
        known->last_us = another->last_us;
        known->last_number = another->last_number;
    } else if (another->first_us < known->first_us) {
        known->first_us = another->first_us;
        known->first_number = another->first_number;
    }
}

/* Those where the server spoke stay longest: they show what a connection looks like that goes well. */
static struct server_look *room_for_look(struct server_identity *i)
{
    if (i->looks_used < IDENTITY_LOOKS)
        return &i->look[i->looks_used++];
    struct server_look *oldest = &i->look[0];
    for (int n = 1; n < IDENTITY_LOOKS; n++) {
        struct server_look *look = &i->look[n];
        const bool less_said = !look->spoke && oldest->spoke, as_much = look->spoke == oldest->spoke;
        if (less_said || (as_much && look->last_us < oldest->last_us))
            oldest = look;
    }
    return oldest;
}

void identities_note_accepted(struct identities *t, const struct attempt *attempt)
{
    if (!attempt->answer || !mark_seen(&attempt->answer->synack) || !mark_seen(&attempt->syn) ||
        attempt->unknown & (FIELD_TTL | FIELD_WINDOW | FIELD_OPTIONS))
        return;
    struct known *known = get(t, &attempt->key.server);
    if (!known)
        return;
    struct server_identity *i = &known->identity;
    const struct server_look look = look_of(attempt);
    for (int n = 0; n < i->looks_used; n++)
        if (same_look(&i->look[n], &look)) {
            join_look(&i->look[n], &look);
            return;
        }
    *room_for_look(i) = look;
}

/* ---- Asking ---- */

const struct server_identity *identities_of(const struct identities *t, const struct address *address)
{
    const struct known *known = find(t, address);
    return known ? &known->identity : NULL;
}

bool identities_disputed(const struct identities *t, const struct address *address)
{
    const struct server_identity *i = identities_of(t, address);
    return i && i->claims_used > 1;
}
