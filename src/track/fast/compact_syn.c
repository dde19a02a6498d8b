#include "compact_syn.h"

#include "evidence_key.h"
#include "syn_only.h"
#include "track/mark.h"
#include "track/state.h"

#define LINKTYPE_ETHERNET 1
#define ETHERTYPE_IPV4    0x0800
#define ETHERTYPE_IPV6    0x86dd

static uint8_t *tail_of(const struct tracker *t, const struct compact_syn *b)
{
    return pool_at(&t->tails, b->queued.id & ~COMPACT_ID);
}

static uint32_t syn_seq(const struct compact_syn *b)
{
    return load32(raw_tcp(&b->syn) + 4);
}

struct flow_key compact_key(const struct compact_syn *b)
{
    const uint8_t *tcp = raw_tcp(&b->syn);
    return (struct flow_key){raw_source(&b->syn), raw_destination(&b->syn), load16(tcp), load16(tcp + 2)};
}

static bool can_keep(const struct frame *frame, uint32_t most)
{
    return frame->linktype == LINKTYPE_ETHERNET && frame->caplen <= most && frame->len - frame->caplen <= UINT8_MAX &&
           frame->interface <= UINT16_MAX && frame->number >> 48 == 0;
}

/* Of a frame's bytes, how many are its IP packet's and kept with it; the others are its tail. */
static size_t ip_bytes_kept(uint32_t caplen)
{
    return (caplen < RAW_FRAME ? caplen : RAW_FRAME) - ETHERNET_HEADER;
}

/* `tail` takes what `out` has no place for; it may be NULL where that is known to be nothing. */
static void keep(struct raw_headers *out, uint8_t *tail, const struct frame *frame)
{
    out->ts_us = frame->ts_us;
    out->number_low = (uint32_t)frame->number;
    out->number_high = (uint16_t)(frame->number >> 32);
    out->interface = (uint16_t)frame->interface;
    out->caplen = (uint8_t)frame->caplen;
    out->beyond = (uint8_t)(frame->len - frame->caplen);
    memcpy(out->data, frame->data, ETHERNET_ADDRESSES);
    memcpy(out->data + ETHERNET_ADDRESSES, frame->data + ETHERNET_HEADER, ip_bytes_kept(frame->caplen));
    if (tail && frame->caplen > RAW_FRAME)
        memcpy(tail, frame->data + RAW_FRAME, frame->caplen - RAW_FRAME);
}

/* The frame is put together in `bytes` (COMPACT_FRAME), into which the packet then points. No kept frame is a fragment,
 * so the decoder's table of them is not needed. */
static void decode_raw(const struct raw_headers *f, const uint8_t *tail, uint8_t *bytes, struct packet *out)
{
    const uint16_t type = raw_is_ipv4(f) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    memcpy(bytes, f->data, ETHERNET_ADDRESSES);
    bytes[ETHERNET_ADDRESSES] = (uint8_t)(type >> 8);
    bytes[ETHERNET_ADDRESSES + 1] = (uint8_t)type;
    memcpy(bytes + ETHERNET_HEADER, raw_ip(f), ip_bytes_kept(f->caplen));
    if (tail && f->caplen > RAW_FRAME)
        memcpy(bytes + RAW_FRAME, tail, f->caplen - (size_t)RAW_FRAME);
    const struct frame frame = {
        .data = bytes,
        .caplen = f->caplen,
        .len = (uint32_t)f->caplen + f->beyond,
        .ts_us = f->ts_us,
        .number = raw_number(f),
        .linktype = LINKTYPE_ETHERNET,
        .interface = f->interface,
    };
    decode_frame(NULL, &frame, out);
}

static const struct raw_headers *refusal_of(const struct tracker *t, const struct compact_syn *b)
{
    return b->refusal_id ? pool_at(&t->refusals, b->refusal_id - 1) : NULL;
}

static void fill(struct tracker *t, struct compact_syn *b, const struct frame *frame)
{
    b->second_syn_gap_ms = 0;
    b->last_syn_later_us = b->last_syn_later = 0;
    b->router_after = 0;
    b->refusal_id = 0;
    b->syns = 1;
    b->reported = b->evicted = b->load = b->syn_only = false;
    keep(&b->syn, tail_of(t, b), frame);
}

/* An item for it; POOL_NONE when memory is out. */
static uint32_t take(struct tracker *t, const struct frame *frame)
{
    uint32_t id = pool_take(&t->compacts);
    if (id != POOL_NONE && frame->caplen > RAW_FRAME && !pool_reach(&t->tails, id)) {
        pool_give(&t->compacts, id);
        return POOL_NONE;
    }
    return id;
}

static int64_t last_syn_us(const struct compact_syn *b)
{
    return b->syn.ts_us + b->last_syn_later_us;
}

/* Has it found by its four-tuple, and tells its server's host of it. */
static bool settle_in(struct tracker *t, const struct compact_syn *b, const struct quick *g, const struct frame *frame)
{
    if (!index_insert(&t->index, b->queued.hash, b->queued.id))
        return false;
    struct host *server = hosts_meet(&t->hosts, &g->dst, t->dst_hash, frame->ts_us);
    if (server) {
        server->syns_received++;
        learn_router(t, server, frame->data);
    }
    return true;
}

int64_t compact_last_us(const struct tracker *t, const struct compact_syn *b)
{
    return b->refusal_id ? refusal_of(t, b)->ts_us : last_syn_us(b);
}

/* A sub-flow of Multipath TCP is no attempt. Its option is longer than what a SYN has else (RFC 8684 section 3.2). */
static bool joins_session(const struct frame *frame)
{
    enum { NOP = 1, MULTIPATH = 30, JOIN = 1, HEADER = 20 };
    const uint8_t *ip = frame->data + ETHERNET_HEADER, *tcp = ip + (ip[0] >> 4 == 4 ? 20 : 40);
    const uint8_t *at = tcp + HEADER, *end = tcp + (tcp[12] >> 4) * 4, *captured = frame->data + frame->caplen;
    end = end < captured ? end : captured;
    while (end - at >= 3 && *at) {
        if (*at != NOP && at[1] < 2)
            return false;
        if (*at == MULTIPATH && at[2] >> 4 == JOIN)
            return true;
        at += *at == NOP ? 1 : at[1];
    }
    return false;
}

static enum quick_result begin(struct tracker *t, const struct quick *g, const struct frame *frame, uint32_t hash)
{
    if (!port_set_has(&t->ports, g->dst_port) || !can_keep(frame, COMPACT_FRAME) || joins_session(frame) ||
        history_table_find(&t->histories, &g->src, &g->dst, g->dst_port) || lookup_before(t, &g->src, frame->ts_us))
        return QUICK_NEEDS_DECODE;
    tracker_note_time(t, frame->ts_us);
    attempts_make_room(t);
    uint32_t id = take(t, frame);
    if (id == POOL_NONE)
        return QUICK_TAKEN; /* memory is out */
    struct compact_syn *b = pool_at(&t->compacts, id);
    b->queued = (struct queued){.id = id | COMPACT_ID, .hash = hash};
    fill(t, b, frame);
    bool known = hosts_peek(&t->hosts, &g->dst, t->dst_hash);
    if ((known || !syn_only_add(t, b, &g->dst, t->dst_hash)) && !settle_in(t, b, g, frame)) {
        pool_give(&t->compacts, id);
        return QUICK_TAKEN;
    }
    queue_join(t, &b->queued, QUEUE_SYN);
    hosts_learn_sender(&t->hosts, &g->src, t->src_hash, frame->ts_us, g->src_mac);
    return QUICK_TAKEN;
}

static bool waits_for_answer(const struct compact_syn *b)
{
    return !b->refusal_id && (b->queued.queue == QUEUE_SYN || b->queued.queue == QUEUE_AGAIN);
}

/* The same SYN, after a time that makes it a retransmission. */
static enum quick_result repeat(struct tracker *t, struct compact_syn *b, const struct quick *g,
                                const struct frame *frame)
{
    int64_t gap = frame->ts_us - last_syn_us(b), later = frame->ts_us - b->syn.ts_us;
    uint64_t frames_later = frame->number - raw_number(&b->syn);
    if (!waits_for_answer(b) || g->seq != syn_seq(b) || g->ttl != raw_ttl(&b->syn) || gap < SAME_SYN_US ||
        later > UINT32_MAX || frames_later > UINT32_MAX || b->syns == UINT8_MAX ||
        (b->syns == 1 && gap / 1000 > UINT16_MAX))
        return QUICK_NEEDS_DECODE;
    tracker_note_time(t, frame->ts_us);
    if (b->syns++ == 1)
        b->second_syn_gap_ms = (uint16_t)(gap / 1000);
    b->last_syn_later_us = (uint32_t)later;
    b->last_syn_later = (uint32_t)frames_later;
    attempts_syn_repeated(t, &b->queued);
    hosts_learn_sender(&t->hosts, &g->src, t->src_hash, frame->ts_us, g->src_mac);
    return QUICK_TAKEN;
}

void compact_learn_refusal(struct tracker *t, const struct compact_syn *b, struct host *server)
{
    const struct raw_headers *rst = refusal_of(t, b);
    if (!rst)
        return;
    struct mark mark = {.ts_us = rst->ts_us,
                        .number = raw_number(rst),
                        .interface = rst->interface,
                        .ttl = raw_ttl(rst),
                        .tos = raw_tos(rst)};
    if (raw_tos(&b->syn) >> 2) { /* then it tells of the host's kernel, and is cached_verdict whole */
        uint8_t bytes[COMPACT_FRAME];
        struct packet packet;
        decode_raw(rst, NULL, bytes, &packet);
        mark_segment(&mark, &packet);
    }
    learn_refusal(server, load16(raw_tcp(&b->syn) + 2), raw_tos(&b->syn), &mark);
    host_learn(&t->hosts, server, rst->ts_us, NULL); /* no card: a forged RST must not teach us its forger's */
}

static enum quick_result refuse(struct tracker *t, struct compact_syn *b, const struct quick *g,
                                const struct frame *frame)
{
    if (!waits_for_answer(b) || g->ack != syn_seq(b) + 1 || frame->ts_us < last_syn_us(b) ||
        !can_keep(frame, RAW_FRAME))
        return QUICK_NEEDS_DECODE;
    uint32_t id = pool_take(&t->refusals);
    if (id == POOL_NONE)
        return QUICK_NEEDS_DECODE;
    tracker_note_time(t, frame->ts_us);
    struct raw_headers *rst = pool_at(&t->refusals, id);
    keep(rst, NULL, frame);
    b->refusal_id = (uint16_t)(id + 1);
    struct host *server = b->syn_only ? NULL : hosts_meet(&t->hosts, &g->src, t->src_hash, frame->ts_us);
    if (server)
        compact_learn_refusal(t, b, server);
    attempts_close(t, &b->queued, false, frame->ts_us);
    return QUICK_TAKEN;
}

enum quick_result compact_take(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    const struct quick *g = &parsed_frame->quick;
    enum side side = SIDE_CLIENT;
    t->src_hash = parsed_frame->src_hash;
    t->dst_hash = parsed_frame->dst_hash;
    bool syn = g->flags & TCP_SYN;
    struct compact_syn *b = syn_only_match(t, g, syn ? t->dst_hash : t->src_hash, syn);
    if (b)
        return syn ? repeat(t, b, g, frame) : refuse(t, b, g, frame);
    if (port_set_has(&t->ports, syn ? g->src_port : g->dst_port)) /* the client may be another's server */
        syn_only_promote_at(t, syn ? &g->src : &g->dst, syn ? t->src_hash : t->dst_hash);
    struct queued *w = NULL;
    if (index_holds(&t->index, parsed_frame->flow_hash))
        w = attempts_peek(t, parsed_frame->flow_hash, &g->src, g->src_port, &g->dst, g->dst_port, &side);
    if (!w)
        return syn ? begin(t, g, frame, parsed_frame->flow_hash) : QUICK_NEEDS_DECODE;
    if (!is_compact(w) || syn != (side == SIDE_CLIENT))
        return QUICK_NEEDS_DECODE;
    return syn ? repeat(t, compact_of(w), g, frame) : refuse(t, compact_of(w), g, frame);
}

static void to_attempt(const struct tracker *t, const struct compact_syn *b, struct attempt *attempt)
{
    uint8_t bytes[COMPACT_FRAME];
    struct packet packet;
    decode_raw(&b->syn, tail_of(t, b), bytes, &packet);
    attempt_begin(attempt, &packet);
    attempt->key = compact_key(b);
    attempt->facts =
        FACT_SSH_PORT | (b->reported ? (uint32_t)FACT_DECIDED : 0) | (b->evicted ? (uint32_t)FACT_EVICTED : 0);
    attempt->last_syn_us = attempt->last_us = last_syn_us(b);
    attempt->last_syn_number = raw_number(&b->syn) + b->last_syn_later;
    attempt->packets = b->syns;
    attempt->syns = b->syns;
    attempt->second_syn_gap_ms = b->second_syn_gap_ms;
}

static void to_answer(const struct raw_headers *refusal, struct attempt *attempt, struct answer *answer)
{
    uint8_t bytes[COMPACT_FRAME];
    struct packet packet;
    decode_raw(refusal, NULL, bytes, &packet);
    mark_segment(&answer->refusal, &packet);
    answer->refusals = 1;
    attempt->answer = answer;
    attempt->last_us = refusal->ts_us;
    attempt->packets++;
}

/* Out of its queue while others are evicted for it, so that it is not one of them. */
static uint32_t take_answer(struct tracker *t, struct compact_syn *b)
{
    uint32_t id = pool_take(&t->answers);
    if (id != POOL_NONE)
        return id;
    enum queue_name queue = (enum queue_name)b->queued.queue;
    queue_leave(t, &b->queued);
    id = attempts_take(t, &t->answers);
    queue_join(t, &b->queued, queue);
    return id;
}

static void forget(struct tracker *t, struct compact_syn *b)
{
    if (b->refusal_id)
        pool_give(&t->refusals, b->refusal_id - 1);
    pool_give(&t->compacts, b->queued.id & ~COMPACT_ID);
}

struct entry *compact_promote(struct tracker *t, struct compact_syn *b)
{
    uint32_t answer_id = b->refusal_id ? take_answer(t, b) : POOL_NONE;
    uint32_t id = b->refusal_id && answer_id == POOL_NONE ? POOL_NONE : pool_take(&t->entries);
    if (id == POOL_NONE) {
        if (answer_id != POOL_NONE)
            pool_give(&t->answers, answer_id);
        return NULL;
    }
    struct entry *entry = pool_at(&t->entries, id);
    entry->queued.id = id;
    to_attempt(t, b, &entry->attempt);
    if (b->refusal_id) {
        entry->answer_id = answer_id + 1;
        to_answer(refusal_of(t, b), &entry->attempt, pool_at(&t->answers, answer_id));
    }
    queue_replace(t, &b->queued, &entry->queued);
    forget(t, b);
    return entry;
}

/* Nothing is known of it but what came of this one port, and perhaps that it is behind a router. */
static bool is_unknown_server(const struct tracker *t, const struct flow_key *key, bool *routed)
{
    const struct host *host = hosts_peek(&t->hosts, &key->server, hash_address(&key->server, t->salt));
    *routed = host && host->router_number;
    return !host || (!host_is_learned(host) && !host->macs_used && host->ports_used <= 1 &&
                     (!host->ports_used || host->ports[0].port == key->server_port));
}

/* A row may read what an ICMP error that could not be read says of the client's network. */
static bool is_known_client(const struct tracker *t, const struct address *address)
{
    if (!t->knows_itself && !t->unreadable_errors)
        return false;
    const struct host *host = hosts_peek(&t->hosts, address, hash_address(address, t->salt));
    return host && (host->local || host_is_learned(host));
}

/* False where something was learned of the host, the port or the client that a row may read. */
static bool evidence_key_of(const struct tracker *t, const struct compact_syn *b, const struct flow_key *key,
                            int64_t until_us, struct evidence_key *out)
{
    const struct raw_headers *rst = refusal_of(t, b);
    bool routed = b->router_after != 0;
    /* A RST for a marked SYN tells of the host's kernel, which other attempts may show too. */
    bool known = b->syn_only ? rst && raw_tos(&b->syn) >> 2 : !is_unknown_server(t, key, &routed);
    if (known || is_known_client(t, &key->client) || (!rst && b->syns > 1)) /* silence is judged by its length */
        return false;
    const struct key_source source = {
        .syn = &b->syn,
        .syn_tail = tail_of(t, b),
        .rst = rst,
        .capture = &t->capture,
        .last_syn_us = last_syn_us(b),
        .until_us = until_us,
        .syns = b->syns,
        .evicted = b->evicted,
        .routed = routed,
    };
    evidence_key_make(&source, out);
    return true;
}

static void tell(struct tracker *t, const struct compact_syn *b, const struct evidence_key *evidence_key,
                 int64_t until_us)
{
    struct attempt attempt = {.answer = NULL};
    to_attempt(t, b, &attempt);
    if (b->refusal_id)
        to_answer(refusal_of(t, b), &attempt, &t->compact_answer);
    attempts_report(t, &attempt, evidence_key, until_us);
}

void compact_prefetch_rest(const struct tracker *t, const struct compact_syn *b)
{
    if (b->refusal_id)
        memory_prefetch(refusal_of(t, b), sizeof(struct raw_headers));
    line_prefetch(index_home(b->syn_only ? &t->hosts.index : &t->index, b->queued.hash));
}

void compact_report(struct tracker *t, struct compact_syn *b, int64_t until_us)
{
    if (b->reported)
        return;
    t->stats.attempts++;
    struct evidence_key evidence_key;
    struct attempt_summary summary = {compact_key(b), b->syn.ts_us, compact_last_us(t, b),
                                      b->syns + (b->refusal_id != 0), b->syns};
    bool alike = t->known && evidence_key_of(t, b, &summary.key, until_us, &evidence_key);
    enum cache_answer answer = alike ? t->known(t->context, &evidence_key, &summary) : CACHE_UNKNOWN;
    if (answer == CACHE_UNKNOWN)
        tell(t, b, alike ? &evidence_key : NULL, until_us);
    b->load = answer == CACHE_KNOWN_FORGET;
    b->reported = true;
}

void compact_drop(struct tracker *t, struct compact_syn *b)
{
    if (b->syn_only && t->live && !b->load)
        syn_only_promote(t, b); /* a file's are too many for their hosts to be kept */
    if (b->syn_only)
        syn_only_remove(t, b);
    else
        index_remove(&t->index, b->queued.hash, b->queued.id);
    queue_leave(t, &b->queued);
    forget(t, b);
}
