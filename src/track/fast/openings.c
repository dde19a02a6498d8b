#include "openings.h"

#include "compact_syn.h"
#include "syn_only.h"
#include "track/life.h"
#include "track/lookups.h"
#include "track/queues.h"
#include "track/room.h"
#include "track/table.h"

/* Has it found by its four-tuple, and says so to its server's host. */
static bool join_table(struct tracker *t, const struct compact_syn *c, const struct quick *g, const struct frame *frame)
{
    if (!index_insert(&t->index, c->queued.hash, c->queued.id))
        return false;
    struct host *server = hosts_meet(&t->hosts, &g->dst, t->dst_hash, frame->ts_us);
    if (server) {
        server->syns_received++;
        server->ssh_wanted = true;
        neighbours_learn_router(&t->neighbours, server, frame->data);
    }
    return true;
}

/* Apart, for few SYNs need it. */
__attribute__((noinline)) static bool is_of_trace(struct tracker *t, const struct quick *g, const struct frame *frame)
{
    const struct flow_key key = {g->src, g->dst, g->src_port, g->dst_port};
    struct packet packet;
    decode_frame(NULL, frame, &packet);
    return packet.kind == PACKET_TCP && traces_note(&t->traces, &key, &packet);
}

static void learn_client(struct tracker *t, const struct quick *g, const struct frame *frame)
{
    struct host *client = hosts_learn_sender(&t->hosts, &g->src, t->src_hash, frame->ts_us, g->src_mac);
    if (client)
        client->ssh_or_lookup_packets++;
}

/* A sub-flow of Multipath TCP is no attempt (RFC 8684 section 3.2). */
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

static bool may_be_leg(const struct tracker *t, const struct quick *g)
{
    const struct flow_key key = {g->src, g->dst, g->src_port, g->dst_port};
    return legs_recent(&t->legs, g->seq) || legs_find(&t->legs, &key);
}

static enum quick_result begin(struct tracker *t, const struct quick *g, const struct frame *frame, uint32_t hash)
{
    if (!port_set_has(&t->ports, g->dst_port) || !compact_can_keep(frame) || joins_session(frame) ||
        history_table_find(&t->histories, &g->src, &g->dst, g->dst_port) || lookup_before(t, &g->src, frame->ts_us) ||
        resolved_may_have(&t->resolved, t->dst_hash) ||
        (traces_concern(&t->traces, g->ttl) && is_of_trace(t, g, frame)) || may_be_leg(t, g))
        return QUICK_NEEDS_DECODE;
    tracker_note_time(t, frame->ts_us);
    room_make(t);
    struct compact_syn *c = compact_new(t, frame, hash);
    if (!c)
        return QUICK_TAKEN; /* memory is out */
    bool known = hosts_peek(&t->hosts, &g->dst, t->dst_hash);
    if ((known || !syn_only_add(t, c, &g->dst, t->dst_hash)) && !join_table(t, c, g, frame)) {
        compact_free(t, c);
        return QUICK_TAKEN;
    }
    queue_join(t, &c->queued, QUEUE_SYN);
    legs_note_compact(&t->legs, g->seq, frame->ts_us, c->queued.id & ~COMPACT_ID);
    learn_client(t, g, frame);
    return QUICK_TAKEN;
}

static enum quick_result repeat(struct tracker *t, struct compact_syn *c, const struct quick *g,
                                const struct frame *frame)
{
    if (!compact_can_repeat(c, g, frame))
        return QUICK_NEEDS_DECODE;
    tracker_note_time(t, frame->ts_us);
    compact_repeat(c, frame);
    life_on_compact_event(t, c, EVENT_SYN_AGAIN, frame->ts_us);
    learn_client(t, g, frame);
    return QUICK_TAKEN;
}

static enum quick_result refuse(struct tracker *t, struct compact_syn *c, const struct quick *g,
                                const struct frame *frame)
{
    if (!compact_can_refuse(c, g, frame) || !compact_refuse(t, c, frame))
        return QUICK_NEEDS_DECODE;
    tracker_note_time(t, frame->ts_us);
    identities_note_answer(&t->identities, &g->src, c->syn.data, frame->data + MAC_SIZE, frame->number);
    struct host *server = c->syn_only ? NULL : hosts_meet(&t->hosts, &g->src, t->src_hash, frame->ts_us);
    if (server)
        compact_learn_refusal(t, c, server);
    life_on_compact_event(t, c, EVENT_REFUSED, frame->ts_us);
    return QUICK_TAKEN;
}

enum quick_result opening_take(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    const struct quick *g = &parsed_frame->quick;
    enum side side = SIDE_CLIENT;
    t->src_hash = parsed_frame->src_hash;
    t->dst_hash = parsed_frame->dst_hash;
    bool syn = g->flags & TCP_SYN;
    struct compact_syn *c = syn_only_match(t, g, syn ? t->dst_hash : t->src_hash, syn);
    if (c)
        return syn ? repeat(t, c, g, frame) : refuse(t, c, g, frame);
    if (port_set_has(&t->ports, syn ? g->src_port : g->dst_port)) /* the client may be another's server */
        syn_only_promote_at(t, syn ? &g->src : &g->dst, syn ? t->src_hash : t->dst_hash);
    struct queued *q = NULL;
    if (index_holds(&t->index, parsed_frame->flow_hash))
        q = table_find(t, parsed_frame->flow_hash, &g->src, g->src_port, &g->dst, g->dst_port, &side);
    if (!q)
        return syn ? begin(t, g, frame, parsed_frame->flow_hash) : QUICK_NEEDS_DECODE;
    if (!is_compact(q) || syn != (side == SIDE_CLIENT))
        return QUICK_NEEDS_DECODE;
    return syn ? repeat(t, compact_of(q), g, frame) : refuse(t, compact_of(q), g, frame);
}
