#include "cruise.h"

#include "connection.h"
#include "kept.h"
#include "mark.h"
#include "tracker.h"

/* What of a segment is not in its glance. */
struct segment {
    uint32_t seq, ack, payload_len, flow_label;
    uint16_t window, ip_id, bits;
    uint8_t flags;
};

static bool has_other_options(const uint8_t *tcp, uint32_t header)
{
    enum { HEADER = 20, TIMESTAMPS = 12, NOP_NOP_TIMESTAMPS_10 = 0x0101080a };
    return header != HEADER && (header != HEADER + TIMESTAMPS || load32(tcp + HEADER) != NOP_NOP_TIMESTAMPS_10);
}

/* A glance has found all headers to be there. False where more than the usual is in them, or bytes are missing. */
static bool read_segment(const struct frame *frame, struct segment *out)
{
    const uint8_t *ip = frame->data + ETHERNET_HEADER;
    const bool ipv4 = ip[0] >> 4 == 4;
    const uint8_t *tcp = ip + (ipv4 ? 20 : 40);
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4, length = ipv4 ? load16(ip + 2) - 20u : load16(ip + 4);
    *out = (struct segment){
        .seq = load32(tcp + 4),
        .ack = load32(tcp + 8),
        .payload_len = length - header,
        .flow_label = ipv4 ? 0 : load32(ip) & 0xfffff,
        .window = load16(tcp + 14),
        .ip_id = ipv4 ? load16(ip + 4) : 0,
        .bits = (uint16_t)(MARK_MAC | (header > 20 ? MARK_OPTIONS | MARK_TIMESTAMPS : 0) |
                           (ipv4 && ip[6] & 0x40 ? MARK_DF : 0)),
        .flags = tcp[13],
    };
    return frame->caplen >= frame->len && !has_other_options(tcp, header) && out->flags & TCP_ACK;
}

/* As mark_segment would. */
static void mark(struct mark *mark, const struct glance *g, const struct frame *frame, const struct segment *s)
{
    *mark = (struct mark){
        .ts_us = frame->ts_us,
        .number = frame->number,
        .seq = s->seq,
        .ack = s->ack,
        .flow_label = s->flow_label,
        .interface = frame->interface,
        .ip_id = s->ip_id,
        .window = s->window,
        .bits = s->bits,
        .payload_len = s->payload_len > UINT16_MAX ? UINT16_MAX : (uint16_t)s->payload_len,
        .ttl = g->ttl,
        .tos = g->tos,
        .flags = s->flags,
    };
    memcpy(mark->mac, g->src_mac, sizeof mark->mac);
}

/* As mark_is_same_frame; the segment is the later one. */
static bool is_again(const struct mark *last, const struct frame *frame, const struct segment *s)
{
    return last->number && frame->ts_us - last->ts_us <= SAME_FRAME_US && last->seq == s->seq && last->ack == s->ack &&
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
           (entry->credits & CREDIT_BANNER || !d->clock.banner_us[SIDE_SERVER]);
}

/* It has spoken before, it has not begun to take its leave, and no gap waits to be filled. */
static bool is_steady(const struct flow_side *side)
{
    return side->seen && side->isn_known && mark_seen(&side->first_payload) && !mark_seen(&side->rst) &&
           !mark_seen(&side->fin) && !mark_seen(&side->ahead);
}

/* Only a packet that is taken whole can change that, so it is asked once after each. */
static bool cruises(const struct tracker *t, struct entry *entry)
{
    if (!entry->cruises && is_settled(t, entry)) {
        const struct connection *c = entry->attempt.answer->connection;
        entry->cruises = is_steady(&c->side[SIDE_CLIENT]) && is_steady(&c->side[SIDE_SERVER]);
    }
    return entry->cruises && entry->waiting.queue == QUEUE_OPEN;
}

static bool follows(const struct flow_side *sender, const struct dialogue *d, enum side side, const struct frame *frame,
                    const struct segment *s)
{
    bool counts = s->payload_len == 0 || (d->clock.encrypted_us[side] &&
                                          (side == SIDE_CLIENT || d->encrypted_packets[SIDE_SERVER] > LOGIN_SETTLED));
    return counts && s->seq == sender->next && !is_again(&sender->last, frame, s);
}

static void learn_server(struct tracker *t, const struct sight *sight, const struct mark *data)
{
    struct host *server = hosts_meet(&t->hosts, &sight->glance.src, sight->src_hash, data->ts_us);
    if (!server)
        return;
    host_open(server);
    host_learn_data(server, data);
    if (data->tos >> 2)
        server->marked_data++;
}

static void take(struct tracker *t, struct entry *entry, enum side side, const struct sight *sight,
                 const struct frame *frame, const struct segment *s)
{
    struct attempt *a = &entry->attempt;
    struct connection *c = a->answer->connection;
    struct flow_side *sender = &c->side[side], *other = &c->side[!side];
    const int64_t ts_us = frame->ts_us;
    tracker_note_time(t, ts_us);
    a->packets++;
    a->last_us = ts_us;
    sender->packets++;
    sender->last_us = ts_us;
    mark(&sender->last, &sight->glance, frame, s);
    int64_t rtt_us = connection_acknowledge(sender, other, s->ack, ts_us);
    if (rtt_us && side == SIDE_SERVER)
        learn_rtt(t, &a->key.server, frame->number, rtt_us);
    if (s->payload_len) {
        connection_note_payload(sender, ts_us, sight->glance.ttl);
        connection_extend(sender, s->seq, s->payload_len, ts_us);
        if (side == SIDE_SERVER)
            learn_server(t, sight, &sender->last);
        c->dialogue->encrypted_packets[side]++;
        c->dialogue->encrypted_bytes[side] += s->payload_len;
    }
    waiting_move(t, &entry->waiting, QUEUE_OPEN);
    hosts_pass(&t->hosts, &sight->glance.src, sight->src_hash, ts_us, sight->glance.src_mac);
}

enum glance_result cruise_take(struct tracker *t, const struct sight *sight, const struct frame *frame)
{
    const struct glance *g = &sight->glance;
    enum side side;
    struct segment segment;
    struct waiting *w = attempts_glimpse(t, sight->flow_hash, &g->src, g->src_port, &g->dst, g->dst_port, &side);
    if (!w || is_brief(w) || !cruises(t, entry_of_waiting(w)))
        return GLANCE_DECODE;
    struct entry *entry = entry_of_waiting(w);
    const struct connection *c = entry->attempt.answer->connection;
    if (frame->ts_us < entry->attempt.last_us || !read_segment(frame, &segment) ||
        !follows(&c->side[side], c->dialogue, side, frame, &segment))
        return GLANCE_DECODE;
    take(t, entry, side, sight, frame, &segment);
    return GLANCE_TAKEN;
}
