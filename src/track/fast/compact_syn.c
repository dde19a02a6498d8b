#include "compact_syn.h"

#include <sshsniff/protocol_numbers.h>

#include "evidence_key.h"
#include "track/attempt_facts.h"
#include "track/mark.h"

#define LINKTYPE_ETHERNET 1

static uint8_t *tail_of(const struct tracker *t, const struct compact_syn *c)
{
    return pool_at(&t->tails, c->queued.id & ~COMPACT_ID);
}

uint32_t compact_seq(const struct compact_syn *c)
{
    return tcp_seq(raw_tcp(&c->syn));
}

struct flow_key compact_key(const struct compact_syn *c)
{
    const uint8_t *tcp = raw_tcp(&c->syn);
    return (struct flow_key){raw_source(&c->syn), raw_destination(&c->syn), tcp_src_port(tcp), tcp_dst_port(tcp)};
}

static bool can_keep(const struct frame *frame, uint32_t most)
{
    return frame->linktype == LINKTYPE_ETHERNET && frame->caplen <= most && frame->len - frame->caplen <= UINT8_MAX &&
           frame->interface <= UINT16_MAX && frame->number >> 48 == 0;
}

bool compact_can_keep(const struct frame *frame)
{
    return can_keep(frame, COMPACT_FRAME);
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

/* The frame is put together in `bytes` (COMPACT_FRAME), into which the packet then points. No frame whose
 * headers are kept is a fragment, so the decoder's table of them is not needed. */
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

static const struct raw_headers *refusal_of(const struct tracker *t, const struct compact_syn *c)
{
    return c->refusal_id ? pool_at(&t->refusals, c->refusal_id - 1) : NULL;
}

int64_t compact_last_syn_us(const struct compact_syn *c)
{
    return c->syn.ts_us + c->last_syn_later_us;
}

struct compact_syn *compact_new(struct tracker *t, const struct frame *frame, uint32_t hash)
{
    uint32_t id = pool_take(&t->compacts);
    if (id == POOL_NONE)
        return NULL;
    if (frame->caplen > RAW_FRAME && !pool_reach(&t->tails, id)) {
        pool_give(&t->compacts, id);
        return NULL;
    }
    struct compact_syn *c = pool_at(&t->compacts, id);
    c->queued = (struct queued){.id = id | COMPACT_ID, .hash = hash};
    c->second_syn_gap_ms = 0;
    c->last_syn_later_us = c->last_syn_later = 0;
    c->router_after = 0;
    c->refusal_id = 0;
    c->syns = 1;
    c->reported = c->evicted = c->forget = c->syn_only = false;
    keep(&c->syn, tail_of(t, c), frame);
    return c;
}

void compact_free(struct tracker *t, struct compact_syn *c)
{
    if (c->refusal_id)
        pool_give(&t->refusals, c->refusal_id - 1);
    pool_give(&t->compacts, c->queued.id & ~COMPACT_ID);
}

static bool awaits_answer(const struct compact_syn *c)
{
    return !c->refusal_id && (c->queued.queue == QUEUE_SYN || c->queued.queue == QUEUE_AGAIN);
}

bool compact_can_repeat(const struct compact_syn *c, const struct quick *g, const struct frame *frame)
{
    int64_t gap = frame->ts_us - compact_last_syn_us(c), later = frame->ts_us - c->syn.ts_us;
    uint64_t frames_later = frame->number - raw_number(&c->syn);
    return awaits_answer(c) && g->seq == compact_seq(c) && g->ttl == raw_ttl(&c->syn) && gap >= SAME_SYN_US &&
           later <= UINT32_MAX && frames_later <= UINT32_MAX && c->syns < UINT8_MAX &&
           (c->syns > 1 || gap / 1000 <= UINT16_MAX);
}

void compact_repeat(struct compact_syn *c, const struct frame *frame)
{
    if (c->syns++ == 1)
        c->second_syn_gap_ms = (uint16_t)((frame->ts_us - compact_last_syn_us(c)) / 1000);
    c->last_syn_later_us = (uint32_t)(frame->ts_us - c->syn.ts_us);
    c->last_syn_later = (uint32_t)(frame->number - raw_number(&c->syn));
}

bool compact_can_refuse(const struct compact_syn *c, const struct quick *g, const struct frame *frame)
{
    return awaits_answer(c) && g->ack == compact_seq(c) + 1 && frame->ts_us >= compact_last_syn_us(c) &&
           can_keep(frame, RAW_FRAME);
}

bool compact_refuse(struct tracker *t, struct compact_syn *c, const struct frame *frame)
{
    uint32_t id = pool_take(&t->refusals);
    if (id == POOL_NONE)
        return false;
    keep(pool_at(&t->refusals, id), NULL, frame);
    c->refusal_id = (uint16_t)(id + 1);
    return true;
}

int64_t compact_last_us(const struct tracker *t, const struct compact_syn *c)
{
    return c->refusal_id ? refusal_of(t, c)->ts_us : compact_last_syn_us(c);
}

void compact_learn_refusal(struct tracker *t, const struct compact_syn *c, struct host *server)
{
    const struct raw_headers *rst = refusal_of(t, c);
    if (!rst)
        return;
    struct mark mark = {.ts_us = rst->ts_us,
                        .number = raw_number(rst),
                        .interface = rst->interface,
                        .bits = ip_df(raw_ip(rst)) ? MARK_DF : 0,
                        .ip_id = ip_id(raw_ip(rst)),
                        .window = tcp_window(raw_tcp(rst)),
                        .flow_label = ip_flow_label(raw_ip(rst)),
                        .ttl = raw_ttl(rst),
                        .tos = raw_tos(rst)};
    if (raw_tos(&c->syn) >> 2) { /* then it says something of the host's kernel, and all of it is needed */
        uint8_t bytes[COMPACT_FRAME];
        struct packet packet;
        decode_raw(rst, NULL, bytes, &packet);
        mark_segment(&mark, &packet);
    }
    host_learn_refusal(server, tcp_dst_port(raw_tcp(&c->syn)), raw_tos(&c->syn), &mark);
    host_learn(&t->hosts, server, rst->ts_us, NULL); /* no MAC address: a forged RST must not teach us its forger's */
}

static void syn_to_attempt(const struct tracker *t, const struct compact_syn *c, struct attempt *attempt)
{
    uint8_t bytes[COMPACT_FRAME];
    struct packet packet;
    decode_raw(&c->syn, tail_of(t, c), bytes, &packet);
    attempt_begin(attempt, &packet);
    attempt->key = compact_key(c);
    attempt->facts =
        FACT_SSH_PORT | (c->reported ? (uint32_t)FACT_DECIDED : 0) | (c->evicted ? (uint32_t)FACT_EVICTED : 0);
    attempt->last_syn_us = attempt->last_us = compact_last_syn_us(c);
    attempt->last_syn_number = raw_number(&c->syn) + c->last_syn_later;
    attempt->packets = c->syns;
    attempt->syns = c->syns;
    attempt->second_syn_gap_ms = c->second_syn_gap_ms;
}

bool compact_trait(const struct tracker *t, uint32_t id, const struct syn_trait *noted, struct syn_trait *out)
{
    const struct compact_syn *c = pool_at(&t->compacts, id);
    uint8_t bytes[COMPACT_FRAME];
    struct packet packet;
    if (c->syn.ts_us != noted->ts_us || compact_seq(c) != noted->seq)
        return false;
    decode_raw(&c->syn, tail_of(t, c), bytes, &packet);
    *out = syn_trait_of(&packet);
    return true;
}

static void refusal_to_answer(const struct raw_headers *refusal, struct attempt *attempt, struct answer *answer)
{
    uint8_t bytes[COMPACT_FRAME];
    struct packet packet;
    decode_raw(refusal, NULL, bytes, &packet);
    mark_segment(&answer->refusal, &packet);
    answer->refusals = 1;
    answer->last_refusal_us = refusal->ts_us;
    attempt->answer = answer;
    attempt->last_us = refusal->ts_us;
    attempt->packets++;
}

void compact_to_attempt(const struct tracker *t, const struct compact_syn *c, struct attempt *attempt,
                        struct answer *answer)
{
    syn_to_attempt(t, c, attempt);
    if (c->refusal_id)
        refusal_to_answer(refusal_of(t, c), attempt, answer);
}

struct attempt_summary compact_summary(const struct tracker *t, const struct compact_syn *c)
{
    return (struct attempt_summary){
        compact_key(c), c->syn.ts_us,       compact_last_us(t, c), c->syns + (c->refusal_id != 0),
        c->syns,        raw_number(&c->syn)};
}

/* Nothing is known of it but what came of this one port, and perhaps that it is behind a router. */
static bool is_unknown_server(const struct tracker *t, const struct flow_key *key, bool *routed)
{
    const struct host *host = hosts_peek(&t->hosts, &key->server, hash_address(&key->server, &t->hash_key));
    *routed = host && host->router_number;
    return !host || (!host_is_learned(host) && !host->macs_used && host->ports_used <= 1 &&
                     (!host->ports_used || host->ports[0].port == key->server_port));
}

/* A row may read what an ICMP error that could not be read says of the client's network. */
static bool is_known_client(const struct tracker *t, const struct address *address)
{
    if (!t->knows_itself && !t->unreadable_errors)
        return false;
    const struct host *host = hosts_peek(&t->hosts, address, hash_address(address, &t->hash_key));
    return host && (host->local || host_is_learned(host));
}

bool compact_evidence_key(const struct tracker *t, const struct compact_syn *c, const struct flow_key *key,
                          int64_t until_us, struct evidence_key *out)
{
    const struct raw_headers *rst = refusal_of(t, c);
    bool routed = c->router_after != 0;
    /* A RST for a marked SYN tells of the host's kernel, which other attempts may show too. */
    bool known = c->syn_only ? rst && raw_tos(&c->syn) >> 2 : !is_unknown_server(t, key, &routed);
    if (known || is_known_client(t, &key->client) || identities_disputed(&t->identities, &key->server) ||
        (!rst && c->syns > 1)) /* silence is judged by its length */
        return false;
    const struct key_source source = {
        .syn = &c->syn,
        .syn_tail = tail_of(t, c),
        .rst = rst,
        .capture = &t->capture,
        .last_syn_us = compact_last_syn_us(c),
        .until_us = until_us,
        .syns = c->syns,
        .evicted = c->evicted,
        .routed = routed,
        .made_up = address_is_made_up(&key->server),
    };
    evidence_key_make(&source, out);
    return true;
}

void compact_prefetch_rest(const struct tracker *t, const struct compact_syn *c)
{
    if (c->refusal_id)
        memory_prefetch(refusal_of(t, c), sizeof(struct raw_headers));
    line_prefetch(index_home(c->syn_only ? &t->hosts.index : &t->index, c->queued.hash));
}
