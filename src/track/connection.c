#include "connection.h"

#include "mark.h"

/* One segment of each side is timed at a time, and none that was sent again (Karn and Partridge, 1987). */
static int64_t time_ack(struct flow_side *other, uint32_t ack, int64_t ts_us)
{
    if (!other->timed_us || !seq_at_or_after(ack, other->timed_end))
        return 0;
    int64_t rtt = ts_us - other->timed_us;
    other->timed_us = 0;
    return rtt > 0 ? rtt : 0;
}

static void acknowledge_markings(struct flow_side *other, uint32_t ack)
{
    for (unsigned i = 0; i < other->markings; i++)
        if (!other->marking[i].passed && seq_at_or_after(ack, other->marking[i].first_end))
            other->marking[i].passed = true;
}

void connection_note_marking(struct flow_side *sender, uint8_t tos, uint32_t end)
{
    enum { ECN_BITS = 3 };
    const uint8_t dscp = (uint8_t)(tos & ~ECN_BITS);
    unsigned i = 0;
    while (i < sender->markings && sender->marking[i].tos != dscp)
        i++;
    if (i == FLOW_MARKINGS)
        return;
    struct flow_marking *marking = &sender->marking[i];
    if (i == sender->markings) {
        *marking = (struct flow_marking){.tos = dscp, .first_end = end};
        sender->markings++;
    }
    if (marking->segments < UINT16_MAX)
        marking->segments++;
}

int64_t connection_acknowledge(struct flow_side *acker, struct flow_side *other, uint32_t ack, int64_t ts_us)
{
    int64_t rtt_us = time_ack(other, ack, ts_us);
    if (!acker->acked || seq_after(ack, acker->acked))
        acker->acked = ack;
    acknowledge_markings(other, ack);
    if (other->candidate_len && seq_at_or_after(ack, other->candidate_end)) {
        other->largest_acked = other->candidate_len;
        other->candidate_len = 0;
    }
    if (mark_seen(&other->stalled) && seq_at_or_after(ack, other->stalled.seq + other->stalled.payload_len)) {
        other->stalled.number = 0;
        other->stalled_count = 0;
    }
    return rtt_us;
}

static void take_rst(struct flow_side *sender, const struct packet *packet)
{
    sender->rsts++;
    sender->last_rst_us = packet->ts_us;
    if (!mark_seen(&sender->rst))
        mark_segment(&sender->rst, packet);
    else if (!mark_seen(&sender->rst_other) && sender->rst.seq != packet->tcp.seq)
        mark_segment(&sender->rst_other, packet);
}

/* A kernel that hears of no smaller MTU tries one by itself when all else was in vain (Linux: tcp_mtu_probing; RFC 4821
 * section 7.7). */
static void note_shrunk(struct flow_side *sender, const struct tcp_view *tcp)
{
    enum { IN_VAIN = 3 };
    const struct mark *whole = &sender->stalled;
    if (sender->stalled_count < IN_VAIN || tcp->payload_len >= whole->payload_len || sender->shrunk.number)
        return;
    sender->shrunk.number = whole->number;
    sender->shrunk.seq = whole->seq;
    sender->shrunk.sends = sender->stalled_count + 1;
    sender->shrunk.from = whole->payload_len;
    sender->shrunk.to = (uint16_t)tcp->payload_len;
}

static void take_repeat(struct flow_side *sender, const struct flow_side *other, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    if (tcp->payload_len <= 1 && tcp->seq + tcp->payload_len == sender->next)
        return; /* a keep-alive probe sends the last byte again (RFC 9293 section 3.8.4) */
    if (other->acked && seq_at_or_after(other->acked, tcp->seq + tcp->payload_len) &&
        sender->repeats_of_acked < UINT16_MAX)
        sender->repeats_of_acked++;
    sender->retransmissions++;
    sender->timed_us = 0;
    if (mark_seen(&sender->stalled) && sender->stalled.seq == tcp->seq) {
        note_shrunk(sender, tcp);
        sender->stalled_count++;
    } else
        sender->stalled_count = 1;
    mark_segment(&sender->stalled, packet);
}

/* A block names bytes that the other side sent beyond the acknowledgement, or that came twice (RFC 2018, RFC 2883): no
 * further away than a window. */
static void watch_sack(struct flow_side *sender, const struct packet *packet)
{
    enum { FURTHEST = 1 << 26 };
    const struct tcp_view *tcp = &packet->tcp;
    if (!tcp->has_sack || !(tcp->flags & TCP_ACK))
        return;
    const uint32_t ahead = tcp->sack_left - tcp->ack, behind = tcp->ack - tcp->sack_left;
    if (ahead < FURTHEST || behind < FURTHEST)
        return;
    sender->stray_sack.number = packet->number;
    sender->stray_sack.left = tcp->sack_left;
    sender->stray_sack.ack = tcp->ack;
    if (sender->stray_sack.count < UINT16_MAX)
        sender->stray_sack.count++;
}

static bool is_keepalive(const struct flow_side *sender, const struct tcp_view *tcp)
{
    return tcp->payload_len <= 1 && !(tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST)) && sender->packets > 1 &&
           tcp->seq + 1 == sender->next;
}

void connection_note_payload(struct flow_side *sender, int64_t ts_us, uint8_t ttl)
{
    enum { PAUSE_US = 100000 };
    if (sender->last_payload_us && ts_us - sender->last_payload_us > PAUSE_US)
        sender->before_pause_us = sender->last_payload_us;
    sender->last_payload_us = ts_us;
    if (ttl < sender->payload_ttl_min)
        sender->payload_ttl_min = ttl;
    if (ttl > sender->payload_ttl_max)
        sender->payload_ttl_max = ttl;
}

void connection_extend(struct flow_side *sender, uint32_t seq, uint32_t payload_len, int64_t ts_us)
{
    uint32_t end = seq + payload_len, new_bytes = end - sender->next;
    if (seq_after(seq, sender->next)) {
        sender->hole_bytes += seq - sender->next;
        new_bytes = payload_len;
    }
    sender->payload_bytes += new_bytes;
    sender->next = end;
    if (!sender->timed_us) {
        sender->timed_us = ts_us;
        sender->timed_end = end;
    }
    if (payload_len > sender->largest_acked && payload_len > sender->candidate_len) {
        sender->candidate_len = payload_len;
        sender->candidate_end = end;
    }
}

/* RFC 3168 section 6.1.5: what is sent again does not say ECT, so a path that drops ECT lets it through. */
static void note_ecn(struct flow_side *sender, const struct packet *packet, bool fresh)
{
    enum { ECN_BITS = 3 };
    const bool ect = packet->tos & ECN_BITS;
    if (fresh && ect && sender->ect_segments < UINT16_MAX)
        sender->ect_segments++;
    else if (!fresh && !ect && sender->ect_segments > sender->ect_repeats)
        sender->ect_repeats++;
}

static bool take_payload(struct flow_side *sender, const struct flow_side *other, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    uint32_t end = tcp->seq + tcp->payload_len;
    bool fresh = seq_after(end, sender->next);
    if (!mark_seen(&sender->first_payload)) {
        mark_segment(&sender->first_payload, packet);
        sender->first_payload_us = packet->ts_us;
        sender->payload_ttl_min = sender->payload_ttl_max = packet->ttl;
    }
    connection_note_payload(sender, packet->ts_us, packet->ttl);
    connection_note_marking(sender, packet->tos, end);
    note_ecn(sender, packet, fresh);
    if (!fresh && sender->hole_bytes >= tcp->payload_len) {
        sender->hole_bytes -= tcp->payload_len; /* out of order, or sent again to fill a loss: new to us */
        sender->payload_bytes += tcp->payload_len;
        return true;
    }
    if (!fresh) {
        take_repeat(sender, other, packet);
        return false;
    }
    connection_extend(sender, tcp->seq, tcp->payload_len, packet->ts_us);
    return true;
}

static void first_sight(struct flow_side *sender, const struct tcp_view *tcp)
{
    sender->seen = true;
    if (sender->isn_known)
        return;
    sender->isn_known = tcp->flags & TCP_SYN;
    sender->isn = tcp->flags & TCP_SYN ? tcp->seq : tcp->seq - 1;
    sender->next = sender->isn + 1;
}

/* A segment that begins beyond what has come shows that the bytes between were sent; a receiver's ACK may never show
 * it. */
static void watch_gap(struct flow_side *sender, const struct packet *packet)
{
    uint32_t seq = packet->tcp.seq;
    bool beyond = seq_after(seq, sender->next) && sender->packets > 1;
    if (beyond && !mark_seen(&sender->beyond_gap))
        mark_segment(&sender->beyond_gap, packet);
    else if (mark_seen(&sender->beyond_gap) && sender->hole_bytes == 0 &&
             seq_at_or_after(sender->next, sender->beyond_gap.seq))
        sender->beyond_gap.number = 0;
}

static bool fin_is_acked_by(const struct flow_side *sender, const struct mark *fin)
{
    const uint32_t beyond = fin->ack - (sender->fin.seq + sender->fin.payload_len + 1);
    return fin->flags & TCP_ACK && beyond == 0;
}

/* Who closed first is told by the numbers: a FIN that acknowledges the other's came after it, though frames may have
 * crossed on a mirror port, or between the queues of one interface. Times within a moment follow that. */
static void order_fins(struct flow_side *a, struct flow_side *b)
{
    enum { MOMENT_US = 100000 };
    if (!mark_seen(&a->fin) || !mark_seen(&b->fin))
        return;
    struct flow_side *first = fin_is_acked_by(a, &b->fin) ? a : fin_is_acked_by(b, &a->fin) ? b : NULL;
    const struct flow_side *second = first == a ? b : a;
    if (first && first->fin.ts_us >= second->fin.ts_us && first->fin.ts_us - second->fin.ts_us < MOMENT_US)
        first->fin.ts_us = second->fin.ts_us - 1;
}

struct segment_news connection_segment(struct connection *connection, enum side side, const struct packet *packet)
{
    struct segment_news news = {0};
    const struct tcp_view *tcp = &packet->tcp;
    struct flow_side *sender = &connection->side[side], *other = &connection->side[!side];
    if (mark_is_same_frame(&sender->last, packet, SAME_FRAME_US) ||
        mark_is_same_frame(&sender->rst, packet, SAME_FRAME_US)) {
        news.duplicate = true;
        return news;
    }
    if (!sender->seen)
        first_sight(sender, tcp);
    sender->packets++;
    sender->last_us = packet->ts_us;
    if (tcp->flags & TCP_RST) {
        take_rst(sender, packet);
        connection->closed_us = connection->closed_us ? connection->closed_us : packet->ts_us;
        return news;
    }
    if (tcp->flags & TCP_ACK)
        news.rtt_us = connection_acknowledge(sender, other, tcp->ack, packet->ts_us);
    if (is_keepalive(sender, tcp) && sender->keepalives < UINT16_MAX)
        sender->keepalives++;
    watch_gap(sender, packet);
    watch_sack(sender, packet);
    if (tcp->payload_len)
        news.fresh = take_payload(sender, other, packet);
    bool first_fin = tcp->flags & TCP_FIN && !mark_seen(&sender->fin);
    if (mark_seen(&sender->rst) && !mark_seen(&sender->after_rst) && packet->ts_us > sender->rst.ts_us &&
        (news.fresh || first_fin))
        mark_segment(&sender->after_rst, packet);
    if (first_fin) {
        mark_segment(&sender->fin, packet);
        if (seq_after(tcp->seq, sender->next)) /* what was said before it did not come here */
            sender->hole_bytes += tcp->seq - sender->next;
        uint32_t after_fin = tcp->seq + tcp->payload_len + 1; /* a FIN takes one sequence number */
        if (seq_after(after_fin, sender->next))
            sender->next = after_fin;
        if (mark_seen(&other->fin))
            connection->closed_us = packet->ts_us;
        order_fins(sender, other);
    }
    mark_segment(&sender->last, packet);
    return news;
}
