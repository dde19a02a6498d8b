#include "trail.h"

#include <stddef.h>

#include "mark.h"

/* Most attempts of a flood have one packet or two, and a session has all that fit. */
enum { BLOCK_PACKETS = 4, FIRST_BLOCKS = TRAIL_FIRST / BLOCK_PACKETS, BLOCKS = TRAIL_PACKETS / BLOCK_PACKETS };
_Static_assert(TRAIL_FIRST % BLOCK_PACKETS == 0 && TRAIL_LAST % BLOCK_PACKETS == 0, "no block is of both parts");

#define TRAIL_GONE UINT32_MAX /* as a trail's id: there was one, and others needed its room */

struct trail_block {
    struct packet_outline packet[BLOCK_PACKETS];
};

struct trail_record {
    uint32_t *owner; /* who has its id */
    struct list_link link;
    uint64_t seen;
    uint32_t block[BLOCKS]; /* id + 1; 0: none yet */
    uint32_t end[2];        /* by side, the number after the last byte that was seen */
    bool end_known[2], told;
};

#define LINK offsetof(struct trail_record, link)

bool trails_init(struct trails *trails, size_t bytes)
{
    const size_t each = sizeof(struct trail_record) + sizeof(struct trail_block);
    const size_t most = bytes < TRAIL_BYTES ? bytes : TRAIL_BYTES;
    /* A third of what one attempt needs at least goes to the records, so that many short trails fit as well as few
     * long ones. */
    const uint32_t records = (uint32_t)(most / 3 / sizeof(struct trail_record));
    const uint32_t blocks = (uint32_t)((most - records * sizeof(struct trail_record)) / sizeof(struct trail_block));
    trails->wanted = most >= each * BLOCKS && pool_init(&trails->records, sizeof(struct trail_record), records) &&
                     pool_init(&trails->blocks, sizeof(struct trail_block), blocks);
    return trails->wanted;
}

void trails_destroy(struct trails *trails)
{
    pool_destroy(&trails->records);
    pool_destroy(&trails->blocks);
}

size_t trails_bytes(const struct trails *trails)
{
    return trails->wanted ? pool_bytes(&trails->records) + pool_bytes(&trails->blocks) : 0;
}

/* ---- Room ---- */

static struct trail_record *record_at(const struct trails *trails, uint32_t id)
{
    return pool_at(&trails->records, id);
}

static struct list *list_of(struct trails *trails, const struct trail_record *record)
{
    return record->told ? &trails->told : &trails->open;
}

static void give_back(struct trails *trails, uint32_t id)
{
    struct trail_record *record = record_at(trails, id);
    for (size_t i = 0; i < BLOCKS; i++)
        if (record->block[i])
            pool_give(&trails->blocks, record->block[i] - 1);
    list_remove(list_of(trails, record), &trails->records, LINK, id);
    pool_give(&trails->records, id);
}

/* False where nothing is left but the one that asks. */
static bool make_room(struct trails *trails, uint32_t asking)
{
    uint32_t victim = trails->told.head ? trails->told.head : trails->open.head;
    if (!victim || victim - 1 == asking)
        return false;
    *record_at(trails, victim - 1)->owner = TRAIL_GONE;
    give_back(trails, victim - 1);
    return true;
}

static uint32_t take(struct trails *trails, struct pool *pool, uint32_t asking)
{
    uint32_t id = pool_take(pool);
    while (id == POOL_NONE && make_room(trails, asking))
        id = pool_take(pool);
    return id;
}

static bool is_kept(uint32_t trail_id)
{
    return trail_id && trail_id != TRAIL_GONE;
}

static void move_to(struct trails *trails, uint32_t id, bool told)
{
    struct trail_record *record = record_at(trails, id);
    list_remove(list_of(trails, record), &trails->records, LINK, id);
    record->told = told;
    list_append(list_of(trails, record), &trails->records, LINK, id);
}

/* The trail of this id, touched last from now on. NULL: there is no room, or it had to go before. */
static struct trail_record *touch(struct trails *trails, uint32_t *trail_id)
{
    if (*trail_id == TRAIL_GONE)
        return NULL;
    if (*trail_id)
        move_to(trails, *trail_id - 1, false);
    else {
        const uint32_t id = take(trails, &trails->records, POOL_NONE);
        if (id == POOL_NONE)
            return NULL;
        *trail_id = id + 1;
        record_at(trails, id)->owner = trail_id;
        list_append(&trails->open, &trails->records, LINK, id);
    }
    return record_at(trails, *trail_id - 1);
}

/* Where the packet stands that came as the `index`th: the first ones stay, the last ones replace each other. */
static size_t place_of(uint64_t index)
{
    return index < TRAIL_FIRST ? (size_t)index : TRAIL_FIRST + (size_t)((index - TRAIL_FIRST) % TRAIL_LAST);
}

static struct packet_outline *outline_at(const struct trails *trails, const struct trail_record *record, size_t place)
{
    struct trail_block *block = pool_at(&trails->blocks, record->block[place / BLOCK_PACKETS] - 1);
    return &block->packet[place % BLOCK_PACKETS];
}

/* The place of one packet more. NULL: there is no room. */
static struct packet_outline *next_outline(struct trails *trails, struct trail_record *record, uint32_t record_id)
{
    const size_t place = place_of(record->seen);
    uint32_t *block = &record->block[place / BLOCK_PACKETS];
    if (!*block) {
        const uint32_t id = take(trails, &trails->blocks, record_id);
        if (id == POOL_NONE)
            return NULL;
        *block = id + 1;
    }
    record->seen++;
    return outline_at(trails, record, place);
}

/* ---- Outlines ---- */

static enum trail_sender sender_of(const struct attempt *attempt, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct flow_key *key = &attempt->key;
    if (packet->kind == PACKET_ICMP_ERROR)
        return address_equal(&packet->src, &key->server) ? TRAIL_SERVER : TRAIL_OTHER;
    if (tcp->src_port == key->client_port && address_equal(&packet->src, &key->client))
        return TRAIL_CLIENT;
    return tcp->src_port == key->server_port && address_equal(&packet->src, &key->server) ? TRAIL_SERVER : TRAIL_OTHER;
}

static uint8_t content_of(const struct attempt *attempt, enum trail_sender sender, const struct packet *packet)
{
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    const struct dialogue *d = c ? c->dialogue : NULL;
    unsigned content = 0;
    if (!packet->tcp.payload_len || sender == TRAIL_OTHER)
        return 0;
    if (!d)
        return TRAIL_CLEAR;
    const struct ssh_clock *clock = &d->clock;
    content |= clock->banner_number[sender] == packet->number ? TRAIL_BANNER : 0;
    content |= clock->kexinit_number[sender] == packet->number ? TRAIL_KEXINIT : 0;
    content |= clock->kex_number[sender] == packet->number ? TRAIL_KEX : 0;
    content |= clock->newkeys_number[sender] == packet->number ? TRAIL_NEWKEYS : 0;
    if (content)
        return (uint8_t)content;
    if (d->encrypted[sender])
        return TRAIL_ENCRYPTED;
    return clock->banner_us[sender] ? TRAIL_KEX : TRAIL_CLEAR;
}

/* Whether all that takes a number in this segment was there before. */
static bool is_again(struct trail_record *record, enum trail_sender side, const struct tcp_view *tcp)
{
    const uint32_t length = tcp->payload_len + !!(tcp->flags & TCP_SYN) + !!(tcp->flags & TCP_FIN);
    if (side == TRAIL_OTHER || !length)
        return false;
    const uint32_t end = tcp->seq + length;
    const bool again = record->end_known[side] && !seq_after(end, record->end[side]);
    if (!again)
        record->end[side] = end;
    record->end_known[side] = true;
    return again;
}

static void outline(struct packet_outline *out, struct trail_record *record, const struct attempt *attempt,
                    const struct packet *packet)
{
    const enum trail_sender sender = sender_of(attempt, packet);
    *out = (struct packet_outline){
        .number = packet->number,
        .ts_us = packet->ts_us,
        .unknown = packet->unknown,
        .ip_version = packet->ip_version,
        .sender = (uint8_t)sender,
        .receiver = address_equal(&packet->dst, &attempt->key.client) ? TRAIL_CLIENT : TRAIL_SERVER,
        .ttl = packet->ttl,
    };
    if (packet->kind == PACKET_ICMP_ERROR) {
        out->content = TRAIL_ICMP;
        out->address = packet->src;
        out->icmp.type = packet->icmp.type;
        out->icmp.code = packet->icmp.code;
        out->icmp.mtu = packet->icmp.mtu;
        out->icmp.quoted_ttl = packet->icmp.quote.ttl;
        return;
    }
    if (sender == TRAIL_OTHER)
        out->address = packet->src;
    out->tcp.seq = packet->tcp.seq;
    out->tcp.ack = packet->tcp.ack;
    out->flags = packet->tcp.flags;
    out->payload_len = packet->tcp.payload_len;
    /* What is sent again was told apart the first time; by now the side may speak otherwise. */
    out->content = is_again(record, sender, &packet->tcp) ? TRAIL_AGAIN : content_of(attempt, sender, packet);
}

void trail_note(struct trails *trails, uint32_t *trail_id, const struct attempt *attempt, const struct packet *packet)
{
    if (!trails->wanted || (packet->kind != PACKET_TCP && packet->kind != PACKET_ICMP_ERROR))
        return;
    struct trail_record *record = touch(trails, trail_id);
    struct packet_outline *out = record ? next_outline(trails, record, *trail_id - 1) : NULL;
    if (out)
        outline(out, record, attempt, packet);
}

/* ---- Its end ---- */

void trail_told(struct trails *trails, uint32_t trail_id)
{
    if (is_kept(trail_id))
        move_to(trails, trail_id - 1, true);
}

void trail_drop(struct trails *trails, uint32_t trail_id)
{
    if (is_kept(trail_id))
        give_back(trails, trail_id - 1);
}

/* The initial sequence numbers, as far as they are known. */
static void base_of(const struct attempt *attempt, struct trail *out)
{
    const struct answer *answer = attempt->answer;
    const struct connection *c = answer ? answer->connection : NULL;
    for (int side = 0; side < 2; side++) {
        out->base_known[side] = c && c->side[side].isn_known;
        out->base[side] = c ? c->side[side].isn : 0;
    }
    if (mark_seen(&attempt->syn)) {
        out->base_known[TRAIL_CLIENT] = true;
        out->base[TRAIL_CLIENT] = attempt->syn.seq;
    }
    if (answer && mark_seen(&answer->synack)) {
        out->base_known[TRAIL_SERVER] = true;
        out->base[TRAIL_SERVER] = answer->synack.seq;
    }
}

const struct trail *trail_of(struct trails *trails, uint32_t trail_id, const struct attempt *attempt)
{
    if (!is_kept(trail_id))
        return NULL;
    const struct trail_record *record = record_at(trails, trail_id - 1);
    struct trail *out = &trails->trail;
    out->seen = record->seen;
    out->kept = 0;
    uint64_t last = record->seen > TRAIL_PACKETS ? record->seen - TRAIL_LAST : TRAIL_FIRST;
    for (uint64_t i = 0; i < record->seen && i < TRAIL_FIRST; i++)
        out->packet[out->kept++] = *outline_at(trails, record, place_of(i));
    out->before = out->kept;
    for (uint64_t i = last; i < record->seen; i++)
        out->packet[out->kept++] = *outline_at(trails, record, place_of(i));
    base_of(attempt, out);
    return out;
}
