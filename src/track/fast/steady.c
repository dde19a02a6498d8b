#include "steady.h"

#include "track/connection.h"
#include "track/mark.h"
#include "track/queues.h"
#include "track/table.h"

/* Where a segment comes from, and when. */
struct heading {
    const struct address *src;
    const uint8_t *src_mac;
    uint32_t src_hash;
    int64_t ts_us;
    uint64_t number;
};

/* As mark_segment would. */
static void mark(struct mark *mark, const struct heading *h, const struct steady_segment *s)
{
    *mark = (struct mark){
        .ts_us = h->ts_us,
        .number = h->number,
        .seq = s->seq,
        .ack = s->ack,
        .flow_label = s->flow_label,
        .interface = s->interface,
        .ip_id = s->ip_id,
        .window = s->window,
        .bits = s->bits,
        .payload_len = s->payload_len > UINT16_MAX ? UINT16_MAX : (uint16_t)s->payload_len,
        .ttl = s->ttl,
        .tos = s->tos,
        .flags = s->flags,
    };
    memcpy(mark->mac, h->src_mac, sizeof mark->mac);
}

/* As mark_is_same_frame; the segment is the later one. */
static bool is_again(const struct mark *last, int64_t ts_us, const struct steady_segment *s)
{
    return last->number && ts_us - last->ts_us <= SAME_FRAME_US && last->seq == s->seq && last->ack == s->ack &&
           last->flags == s->flags && last->window == s->window && last->payload_len == s->payload_len &&
           last->ip_id == s->ip_id;
}

static bool is_settled(const struct tracker *t, const struct entry *entry)
{
    const struct attempt *a = &entry->attempt;
    if (!entry->dialogue_id || (t->live && !(a->facts & FACT_DECIDED)))
        return false;
    const struct answer *answer = a->answer;
    const struct connection *c = answer->connection;
    const struct dialogue *d = c->dialogue;
    return mark_seen(&answer->synack) && mark_seen(&c->handshake_ack) && d->encrypted[SIDE_CLIENT] &&
           d->encrypted[SIDE_SERVER] && d->events == LOGIN_EVENTS &&
           (entry->counted & COUNTED_BANNER || !d->clock.banner_us[SIDE_SERVER]);
}

/* It has spoken before, it has not begun to take its leave, and no gap waits to be filled. */
static bool side_is_steady(const struct flow_side *side)
{
    return side->seen && side->isn_known && mark_seen(&side->first_payload) && !mark_seen(&side->rst) &&
           !mark_seen(&side->fin) && !mark_seen(&side->beyond_gap);
}

/* Only a packet that is taken whole can change that, so it is asked once after each. */
static bool is_steady(const struct tracker *t, struct entry *entry)
{
    if (!entry->is_steady && is_settled(t, entry)) {
        const struct connection *c = entry->attempt.answer->connection;
        entry->is_steady = side_is_steady(&c->side[SIDE_CLIENT]) && side_is_steady(&c->side[SIDE_SERVER]);
    }
    return entry->is_steady && entry->queued.queue == QUEUE_OPEN;
}

static bool follows(const struct flow_side *sender, const struct dialogue *d, enum side side, int64_t ts_us,
                    const struct steady_segment *s)
{
    bool counts = s->payload_len == 0 || (d->clock.encrypted_us[side] &&
                                          (side == SIDE_CLIENT || d->encrypted_packets[SIDE_SERVER] > LOGIN_SETTLED));
    return counts && s->seq == sender->next && !is_again(&sender->last, ts_us, s);
}

static void learn_server(struct tracker *t, const struct heading *h, const struct mark *data)
{
    struct host *server = hosts_meet(&t->hosts, h->src, h->src_hash, data->ts_us);
    if (!server)
        return;
    host_open(server);
    host_learn_data(server, data);
    if (data->tos >> 2)
        server->marked_data++;
}

static void take(struct tracker *t, struct entry *entry, enum side side, const struct heading *h,
                 const struct steady_segment *s)
{
    struct attempt *a = &entry->attempt;
    struct connection *c = a->answer->connection;
    struct flow_side *sender = &c->side[side], *other = &c->side[!side];
    const int64_t ts_us = h->ts_us;
    tracker_note_time(t, ts_us);
    t->stats.went_on++;
    a->packets++;
    a->last_us = ts_us;
    sender->packets++;
    sender->last_us = ts_us;
    mark(&sender->last, h, s);
    int64_t rtt_us = connection_acknowledge(sender, other, s->ack, ts_us);
    if (rtt_us && side == SIDE_SERVER)
        hosts_learn_rtt(&t->hosts, &a->key.server, h->number, ts_us, rtt_us);
    if (s->payload_len) {
        connection_note_payload(sender, ts_us, s->ttl);
        connection_note_marking(sender, s->tos, s->seq + s->payload_len);
        connection_extend(sender, s->seq, s->payload_len, ts_us);
        if (side == SIDE_SERVER)
            learn_server(t, h, &sender->last);
        c->dialogue->encrypted_packets[side]++;
        c->dialogue->encrypted_bytes[side] += s->payload_len;
    }
    queue_move(t, &entry->queued, QUEUE_OPEN);
    hosts_note_sender(&t->hosts, h->src, h->src_hash, ts_us, h->src_mac, true);
}

static struct entry *find_steady(struct tracker *t, uint32_t hash, const struct address *src, uint16_t src_port,
                                 const struct address *dst, uint16_t dst_port, enum side *side)
{
    struct queued *q = table_find(t, hash, src, src_port, dst, dst_port, side);
    return q && !is_compact(q) && is_steady(t, entry_of(q)) ? entry_of(q) : NULL;
}

/* False, and nothing is done, where it does not simply go on. */
static bool go_on(struct tracker *t, struct entry *entry, enum side side, const struct heading *h,
                  const struct steady_segment *s)
{
    const struct connection *c = entry->attempt.answer->connection;
    if (h->ts_us < entry->attempt.last_us || !follows(&c->side[side], c->dialogue, side, h->ts_us, s))
        return false;
    take(t, entry, side, h, s);
    return true;
}

static void leave_hint(struct tracker *t, uint32_t flow_hash, bool went_on)
{
    if (steady_is_likely(&t->hints, flow_hash) != went_on)
        atomic_store_explicit(&t->hints.is_steady[flow_hash % STEADY_HINTS], went_on, memory_order_relaxed);
}

enum quick_result steady_take(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    const struct quick *g = &parsed_frame->quick;
    const struct heading heading = {&g->src, g->src_mac, parsed_frame->src_hash, frame->ts_us, frame->number};
    enum side side;
    struct steady_segment segment;
    struct entry *entry = find_steady(t, parsed_frame->flow_hash, &g->src, g->src_port, &g->dst, g->dst_port, &side);
    const bool went_on = entry && steady_segment_read(g, frame, &segment) && go_on(t, entry, side, &heading, &segment);
    leave_hint(t, parsed_frame->flow_hash, went_on);
    return went_on ? QUICK_TAKEN : QUICK_NEEDS_DECODE;
}

bool steady_take_classified(struct tracker *t, const struct skipped_frame *p, const struct steady_frame *c,
                            uint64_t number)
{
    const struct heading heading = {&p->src, p->src_mac, p->src_hash, p->ts_us, number};
    const struct steady_segment *s = &c->segment;
    enum side side;
    struct entry *entry = find_steady(t, p->flow_hash, &p->src, s->src_port, &c->dst, s->dst_port, &side);
    const bool went_on = entry && go_on(t, entry, side, &heading, s);
    leave_hint(t, p->flow_hash, went_on);
    return went_on;
}
