#include "brief.h"

#include "mark.h"
#include "strangers.h"
#include "tracker.h"

#define LINKTYPE_ETHERNET 1
#define ETHERTYPE_IPV4    0x0800
#define ETHERTYPE_IPV6    0x86dd

static uint8_t *tail_of(const struct tracker *t, const struct brief *b)
{
    return pool_at(&t->tails, b->waiting.id & ~BRIEF_ID);
}

static uint32_t syn_seq(const struct brief *b)
{
    return load32(kept_tcp(&b->syn) + 4);
}

struct flow_key brief_key(const struct brief *b)
{
    const uint8_t *tcp = kept_tcp(&b->syn);
    return (struct flow_key){kept_source(&b->syn), kept_destination(&b->syn), load16(tcp), load16(tcp + 2)};
}

static bool can_keep(const struct frame *frame, uint32_t most)
{
    return frame->linktype == LINKTYPE_ETHERNET && frame->caplen <= most && frame->len - frame->caplen <= UINT8_MAX &&
           frame->interface <= UINT16_MAX && frame->number >> 48 == 0;
}

/* Of a frame's bytes, how many are its IP packet's and kept with it; the others are its tail. */
static size_t ip_kept(uint32_t caplen)
{
    return (caplen < KEPT_FRAME ? caplen : KEPT_FRAME) - ETHERNET_HEADER;
}

/* `tail` takes what `out` has no place for; it may be NULL where that is known to be nothing. */
static void keep(struct kept_frame *out, uint8_t *tail, const struct frame *frame)
{
    out->ts_us = frame->ts_us;
    out->number_low = (uint32_t)frame->number;
    out->number_high = (uint16_t)(frame->number >> 32);
    out->interface = (uint16_t)frame->interface;
    out->caplen = (uint8_t)frame->caplen;
    out->beyond = (uint8_t)(frame->len - frame->caplen);
    memcpy(out->data, frame->data, ETHERNET_CARDS);
    memcpy(out->data + ETHERNET_CARDS, frame->data + ETHERNET_HEADER, ip_kept(frame->caplen));
    if (tail && frame->caplen > KEPT_FRAME)
        memcpy(tail, frame->data + KEPT_FRAME, frame->caplen - KEPT_FRAME);
}

/* The frame is put together in `bytes` (BRIEF_FRAME), into which the packet then points. No kept frame is a fragment,
 * so the decoder's table of them is not needed. */
static void decode_kept(const struct kept_frame *f, const uint8_t *tail, uint8_t *bytes, struct packet *out)
{
    const uint16_t type = kept_is_ipv4(f) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    memcpy(bytes, f->data, ETHERNET_CARDS);
    bytes[ETHERNET_CARDS] = (uint8_t)(type >> 8);
    bytes[ETHERNET_CARDS + 1] = (uint8_t)type;
    memcpy(bytes + ETHERNET_HEADER, kept_ip(f), ip_kept(f->caplen));
    if (tail && f->caplen > KEPT_FRAME)
        memcpy(bytes + KEPT_FRAME, tail, f->caplen - (size_t)KEPT_FRAME);
    const struct frame frame = {
        .data = bytes,
        .caplen = f->caplen,
        .len = (uint32_t)f->caplen + f->beyond,
        .ts_us = f->ts_us,
        .number = kept_number(f),
        .linktype = LINKTYPE_ETHERNET,
        .interface = f->interface,
    };
    decode_frame(NULL, &frame, out);
}

static const struct kept_frame *refusal_of(const struct tracker *t, const struct brief *b)
{
    return b->refusal_id ? pool_at(&t->refusals, b->refusal_id - 1) : NULL;
}

static void fill(struct tracker *t, struct brief *b, const struct frame *frame)
{
    b->second_syn_gap_ms = 0;
    b->last_syn_later_us = b->last_syn_later = 0;
    b->router_after = 0;
    b->refusal_id = 0;
    b->syns = 1;
    b->told = b->evicted = b->crowd = b->stranger = false;
    keep(&b->syn, tail_of(t, b), frame);
}

/* An item for it; POOL_NONE when memory is out. */
static uint32_t take(struct tracker *t, const struct frame *frame)
{
    uint32_t id = pool_take(&t->briefs);
    if (id != POOL_NONE && frame->caplen > KEPT_FRAME && !pool_reach(&t->tails, id)) {
        pool_give(&t->briefs, id);
        return POOL_NONE;
    }
    return id;
}

static int64_t last_syn_us(const struct brief *b)
{
    return b->syn.ts_us + b->last_syn_later_us;
}

/* Has it found by its four-tuple, and tells its server's host of it. */
static bool settle_in(struct tracker *t, const struct brief *b, const struct glance *g, const struct frame *frame)
{
    if (!index_insert(&t->index, b->waiting.hash, b->waiting.id))
        return false;
    struct host *server = hosts_meet(&t->hosts, &g->dst, t->dst_hash, frame->ts_us);
    if (server) {
        server->syns_received++;
        learn_router(t, server, frame->data);
    }
    return true;
}

int64_t brief_last_us(const struct tracker *t, const struct brief *b)
{
    return b->refusal_id ? refusal_of(t, b)->ts_us : last_syn_us(b);
}

static enum glance_result begin(struct tracker *t, const struct glance *g, const struct frame *frame, uint32_t hash)
{
    if (!port_set_has(&t->ports, g->dst_port) || !can_keep(frame, BRIEF_FRAME) ||
        pairs_find(&t->pairs, &g->src, &g->dst) || lookup_before(t, &g->src, frame->ts_us))
        return GLANCE_DECODE;
    tracker_note_time(t, frame->ts_us);
    attempts_make_room(t);
    uint32_t id = take(t, frame);
    if (id == POOL_NONE)
        return GLANCE_TAKEN; /* memory is out */
    struct brief *b = pool_at(&t->briefs, id);
    b->waiting = (struct waiting){.id = id | BRIEF_ID, .hash = hash};
    fill(t, b, frame);
    bool known = hosts_glimpse(&t->hosts, &g->dst, t->dst_hash);
    if ((known || !strangers_add(t, b, &g->dst, t->dst_hash)) && !settle_in(t, b, g, frame)) {
        pool_give(&t->briefs, id);
        return GLANCE_TAKEN;
    }
    waiting_join(t, &b->waiting, QUEUE_SYN);
    hosts_learn_sender(&t->hosts, &g->src, t->src_hash, frame->ts_us, g->src_mac);
    return GLANCE_TAKEN;
}

static bool waits_for_answer(const struct brief *b)
{
    return !b->refusal_id && (b->waiting.queue == QUEUE_SYN || b->waiting.queue == QUEUE_AGAIN);
}

/* The same SYN, after a time that makes it a retransmission. */
static enum glance_result repeat(struct tracker *t, struct brief *b, const struct glance *g, const struct frame *frame)
{
    int64_t gap = frame->ts_us - last_syn_us(b), later = frame->ts_us - b->syn.ts_us;
    uint64_t frames_later = frame->number - kept_number(&b->syn);
    if (!waits_for_answer(b) || g->seq != syn_seq(b) || g->ttl != kept_ttl(&b->syn) || gap < SAME_SYN_US ||
        later > UINT32_MAX || frames_later > UINT32_MAX || b->syns == UINT8_MAX ||
        (b->syns == 1 && gap / 1000 > UINT16_MAX))
        return GLANCE_DECODE;
    tracker_note_time(t, frame->ts_us);
    if (b->syns++ == 1)
        b->second_syn_gap_ms = (uint16_t)(gap / 1000);
    b->last_syn_later_us = (uint32_t)later;
    b->last_syn_later = (uint32_t)frames_later;
    attempts_heard_again(t, &b->waiting);
    hosts_learn_sender(&t->hosts, &g->src, t->src_hash, frame->ts_us, g->src_mac);
    return GLANCE_TAKEN;
}

void brief_learn_refusal(struct tracker *t, const struct brief *b, struct host *server)
{
    const struct kept_frame *rst = refusal_of(t, b);
    if (!rst)
        return;
    struct mark mark = {.ts_us = rst->ts_us,
                        .number = kept_number(rst),
                        .interface = rst->interface,
                        .ttl = kept_ttl(rst),
                        .tos = kept_tos(rst)};
    if (kept_tos(&b->syn) >> 2) { /* then it tells of the host's kernel, and is remembered whole */
        uint8_t bytes[BRIEF_FRAME];
        struct packet packet;
        decode_kept(rst, NULL, bytes, &packet);
        mark_segment(&mark, &packet);
    }
    learn_refusal(server, load16(kept_tcp(&b->syn) + 2), kept_tos(&b->syn), &mark);
    host_learn(&t->hosts, server, rst->ts_us, NULL); /* no card: a forged RST must not teach us its forger's */
}

static enum glance_result refuse(struct tracker *t, struct brief *b, const struct glance *g, const struct frame *frame)
{
    if (!waits_for_answer(b) || g->ack != syn_seq(b) + 1 || frame->ts_us < last_syn_us(b) ||
        !can_keep(frame, KEPT_FRAME))
        return GLANCE_DECODE;
    uint32_t id = pool_take(&t->refusals);
    if (id == POOL_NONE)
        return GLANCE_DECODE;
    tracker_note_time(t, frame->ts_us);
    struct kept_frame *rst = pool_at(&t->refusals, id);
    keep(rst, NULL, frame);
    b->refusal_id = (uint16_t)(id + 1);
    struct host *server = b->stranger ? NULL : hosts_meet(&t->hosts, &g->src, t->src_hash, frame->ts_us);
    if (server)
        brief_learn_refusal(t, b, server);
    attempts_close(t, &b->waiting, false, frame->ts_us);
    return GLANCE_TAKEN;
}

enum glance_result brief_take(struct tracker *t, const struct sight *sight, const struct frame *frame)
{
    const struct glance *g = &sight->glance;
    enum side side = SIDE_CLIENT;
    t->src_hash = sight->src_hash;
    t->dst_hash = sight->dst_hash;
    bool syn = g->flags & TCP_SYN;
    struct brief *b = strangers_expect(t, g, syn ? t->dst_hash : t->src_hash, syn);
    if (b)
        return syn ? repeat(t, b, g, frame) : refuse(t, b, g, frame);
    if (port_set_has(&t->ports, syn ? g->src_port : g->dst_port)) /* the client may be another's server */
        strangers_wake_at(t, syn ? &g->src : &g->dst, syn ? t->src_hash : t->dst_hash);
    struct waiting *w = NULL;
    if (index_holds(&t->index, sight->flow_hash))
        w = attempts_glimpse(t, sight->flow_hash, &g->src, g->src_port, &g->dst, g->dst_port, &side);
    if (!w)
        return syn ? begin(t, g, frame, sight->flow_hash) : GLANCE_DECODE;
    if (!is_brief(w) || syn != (side == SIDE_CLIENT))
        return GLANCE_DECODE;
    return syn ? repeat(t, brief_of(w), g, frame) : refuse(t, brief_of(w), g, frame);
}

static void to_attempt(const struct tracker *t, const struct brief *b, struct attempt *attempt)
{
    uint8_t bytes[BRIEF_FRAME];
    struct packet packet;
    decode_kept(&b->syn, tail_of(t, b), bytes, &packet);
    attempt_begin(attempt, &packet);
    attempt->key = brief_key(b);
    attempt->facts = FACT_SSH_PORT | (b->told ? (uint32_t)FACT_DECIDED : 0) | (b->evicted ? (uint32_t)FACT_EVICTED : 0);
    attempt->last_syn_us = attempt->last_us = last_syn_us(b);
    attempt->last_syn_number = kept_number(&b->syn) + b->last_syn_later;
    attempt->packets = b->syns;
    attempt->syns = b->syns;
    attempt->second_syn_gap_ms = b->second_syn_gap_ms;
}

static void to_answer(const struct kept_frame *refusal, struct attempt *attempt, struct answer *answer)
{
    uint8_t bytes[BRIEF_FRAME];
    struct packet packet;
    decode_kept(refusal, NULL, bytes, &packet);
    mark_segment(&answer->refusal, &packet);
    answer->refusals = 1;
    attempt->answer = answer;
    attempt->last_us = refusal->ts_us;
    attempt->packets++;
}

/* Out of its queue while others are evicted for it, so that it is not one of them. */
static uint32_t take_answer(struct tracker *t, struct brief *b)
{
    uint32_t id = pool_take(&t->answers);
    if (id != POOL_NONE)
        return id;
    enum queue_name queue = (enum queue_name)b->waiting.queue;
    waiting_leave(t, &b->waiting);
    id = attempts_take(t, &t->answers);
    waiting_join(t, &b->waiting, queue);
    return id;
}

static void forget(struct tracker *t, struct brief *b)
{
    if (b->refusal_id)
        pool_give(&t->refusals, b->refusal_id - 1);
    pool_give(&t->briefs, b->waiting.id & ~BRIEF_ID);
}

struct entry *brief_promote(struct tracker *t, struct brief *b)
{
    uint32_t answer_id = b->refusal_id ? take_answer(t, b) : POOL_NONE;
    uint32_t id = b->refusal_id && answer_id == POOL_NONE ? POOL_NONE : pool_take(&t->entries);
    if (id == POOL_NONE) {
        if (answer_id != POOL_NONE)
            pool_give(&t->answers, answer_id);
        return NULL;
    }
    struct entry *entry = pool_at(&t->entries, id);
    entry->waiting.id = id;
    to_attempt(t, b, &entry->attempt);
    if (b->refusal_id) {
        entry->answer_id = answer_id + 1;
        to_answer(refusal_of(t, b), &entry->attempt, pool_at(&t->answers, answer_id));
    }
    waiting_replace(t, &b->waiting, &entry->waiting);
    forget(t, b);
    return entry;
}

/* The sum of a kept segment; it has no payload. */
static enum checksum_state checksum_of(const struct kept_frame *f, const struct flow_key *key)
{
    struct packet packet;
    const uint8_t *tcp = kept_tcp(f);
    packet.kind = PACKET_TCP;
    packet.src = key->server;
    packet.dst = key->client;
    packet.tcp.header = tcp;
    packet.tcp.header_captured = (uint32_t)(f->caplen - ETHERNET_HEADER - (tcp - kept_ip(f)));
    packet.tcp.payload_len = 0;
    return packet_tcp_checksum(&packet);
}

static bool no_card(const uint8_t *mac)
{
    static const uint8_t none[6];
    return memcmp(mac, none, sizeof none) == 0;
}

/* Nothing is known of it but what came of this one port, and perhaps that it is behind a router. */
static bool is_unknown_server(const struct tracker *t, const struct flow_key *key, bool *routed)
{
    const struct host *host = hosts_glimpse(&t->hosts, &key->server, hash_address(&key->server, t->salt));
    *routed = host && host->router_number;
    return !host || (!host_is_learned(host) && !host->macs_used && host->ports_used <= 1 &&
                     (!host->ports_used || host->ports[0].port == key->server_port));
}

static bool is_this_machine(const struct tracker *t, const struct address *address)
{
    if (!t->knows_itself)
        return false;
    const struct host *host = hosts_glimpse(&t->hosts, address, hash_address(address, t->salt));
    return host && host->local;
}

/* What the fields of the RST say that rules read; its header has no options. */
static void refusal_likeness(const struct brief *b, const struct kept_frame *rst, const struct flow_key *key,
                             struct likeness *out)
{
    bool ipv4 = kept_is_ipv4(rst);
    const uint8_t *ip = kept_ip(rst), *tcp = kept_tcp(rst);
    uint16_t id = ipv4 ? load16(ip + 4) : 0, syn_id = ipv4 ? load16(kept_ip(&b->syn) + 4) : 0;
    /* TOS, fragment bits and TTL, or traffic class, flow label and hop limit. */
    uint64_t header =
        ipv4 ? (uint64_t)ip[1] << 24 | (uint64_t)load16(ip + 6) << 8 | ip[8] : (uint64_t)load32(ip) << 8 | ip[7];
    out->word[0] = header << 24 | (uint64_t)tcp[13] << 16 | load16(tcp + 14);
    out->word[1] |= (uint64_t)checksum_of(rst, key) << 6 | (uint64_t)no_card(rst->data + 6) << 3 |
                    (uint64_t)(id != 0) << 2 | (uint64_t)(id == syn_id) << 1 | (load32(tcp + 4) != 0);
}

/* How long a SYN was watched before it had to make room decides what is said of it. */
static uint64_t evicted_likeness(const struct brief *b, int64_t until_us)
{
    enum { STEP_US = 100000 };
    return 1 + (uint64_t)(until_us - b->syn.ts_us) / STEP_US;
}

/* False where more is known than a likeness can say. */
static bool likeness_of(const struct tracker *t, const struct brief *b, const struct flow_key *key, int64_t until_us,
                        struct likeness *out)
{
    const struct kept_frame *rst = refusal_of(t, b);
    uint8_t tos = kept_tos(&b->syn);
    bool routed = b->router_after != 0;
    bool known = b->stranger ? rst && tos >> 2 : !is_unknown_server(t, key, &routed);
    if ((b->evicted && rst) || known || is_this_machine(t, &key->client))
        return false;
    if (rst ? kept_tcp(rst)[12] >> 4 != 5 : b->syns > 1)
        return false; /* RSTs with options are rare; silence is judged by its length */
    uint64_t ttl = kept_ttl(&b->syn);
    out->word[0] = b->evicted ? evicted_likeness(b, until_us) : 0;
    out->word[1] = (uint64_t)key->server_port << 48 | ttl << 40 | (uint64_t)tos << 16 | (uint64_t)routed << 11 |
                   (uint64_t)(rst != NULL) << 10 | (uint64_t)(b->syns > 1) << 9 | (uint64_t)kept_is_ipv4(&b->syn) << 8;
    if (rst)
        refusal_likeness(b, rst, key, out);
    return true;
}

static void tell(struct tracker *t, const struct brief *b, const struct likeness *likeness, int64_t until_us)
{
    struct attempt attempt = {.answer = NULL};
    to_attempt(t, b, &attempt);
    if (b->refusal_id)
        to_answer(refusal_of(t, b), &attempt, &t->brief_answer);
    attempts_tell(t, &attempt, likeness, until_us);
}

void brief_fetch_rest(const struct tracker *t, const struct brief *b)
{
    if (b->refusal_id)
        memory_fetch(refusal_of(t, b), sizeof(struct kept_frame));
    line_fetch(index_home(b->stranger ? &t->hosts.index : &t->index, b->waiting.hash));
}

void brief_hand_over(struct tracker *t, struct brief *b, int64_t until_us)
{
    if (b->told)
        return;
    t->stats.attempts++;
    struct likeness likeness;
    struct outline outline = {brief_key(b), b->syn.ts_us, brief_last_us(t, b), b->syns + (b->refusal_id != 0), b->syns};
    bool alike = t->known && likeness_of(t, b, &outline.key, until_us, &likeness);
    enum likeness_answer answer = alike ? t->known(t->context, &likeness, &outline) : LIKENESS_UNKNOWN;
    if (answer == LIKENESS_UNKNOWN)
        tell(t, b, alike ? &likeness : NULL, until_us);
    b->crowd = answer == LIKENESS_CROWD;
    b->told = true;
}

void brief_drop(struct tracker *t, struct brief *b)
{
    if (b->stranger && t->live && !b->crowd)
        strangers_wake(t, b); /* a file's are too many for their hosts to be kept */
    if (b->stranger)
        strangers_remove(t, b);
    else
        index_remove(&t->index, b->waiting.hash, b->waiting.id);
    waiting_leave(t, &b->waiting);
    forget(t, b);
}
