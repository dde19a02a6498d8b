#include "attempt_facts.h"

#include <string.h>

#include <sshsniff/header_fields.h>

#include "mark.h"
#include "syn_shape.h"

void attempt_begin(struct attempt *attempt, const struct packet *packet)
{
    mark_segment(&attempt->syn, packet);
    syn_shape_read(&attempt->shape, packet);
    attempt->syns = 1;
    attempt->last_syn_us = packet->ts_us;
    attempt->last_syn_number = packet->number;
    attempt->syn_ttl_min = attempt->syn_ttl_max = packet->ttl;
    attempt->facts &= ~(uint32_t)FACT_NO_SYN;
    attempt->has_asked_mac = packet_dst_mac(packet) != NULL;
    if (attempt->has_asked_mac)
        memcpy(attempt->asked_mac, packet_dst_mac(packet), sizeof attempt->asked_mac);
}

bool attempt_syn_again(struct attempt *attempt, const struct packet *packet)
{
    int64_t gap = packet->ts_us - attempt->last_syn_us;
    if (packet->ttl < attempt->syn_ttl_min)
        attempt->syn_ttl_min = packet->ttl;
    if (packet->ttl > attempt->syn_ttl_max)
        attempt->syn_ttl_max = packet->ttl;
    if (gap < SAME_SYN_US && gap > -SAME_SYN_US) {
        attempt->facts |= FACT_DUPLICATES;
        if (packet->ttl != attempt->syn.ttl && packet_tells(packet, FIELD_TTL))
            attempt->facts |= FACT_TTL_STEP;
        if (packet->direction == DIRECTION_OUT && attempt->syn.bits & MARK_IN)
            attempt->facts |= FACT_SYN_OUT_OF_HOST;
        return false;
    }
    if (attempt->syns == 1)
        attempt->second_syn_gap_ms = (uint32_t)((gap < 0 ? -gap : gap) / 1000);
    if (attempt->syns < UINT16_MAX)
        attempt->syns++;
    attempt->last_syn_us = packet->ts_us;
    attempt->last_syn_number = packet->number;
    if (attempt->answer && mark_seen(&attempt->answer->refusal))
        attempt->facts |= FACT_SYN_AGAIN;
    return true;
}

bool attempt_is_completed_by(const struct attempt *attempt, const struct tcp_view *tcp)
{
    const struct answer *answer = attempt->answer;
    if (!(attempt->facts & FACT_NO_SYN) || !answer)
        return false;
    if (mark_seen(&answer->refusal))
        return answer->refusal.ack == tcp->seq + 1;
    if (mark_seen(&answer->synack))
        return answer->synack.ack == tcp->seq + 1;
    /* The first segment of a side is taken to follow its SYN. */
    return answer->connection && answer->connection->side[SIDE_CLIENT].seen &&
           answer->connection->side[SIDE_CLIENT].isn == tcp->seq;
}

/* RFC 9293 section 3.10.7.1: a RST for a SYN acknowledges it, with sequence number 0. Forgers put other numbers there;
 * then it still answers the SYN unless the server had already answered it and the RST speaks in the sequence space of
 * that answer. One that acknowledges nothing is ignored by a client that waits for its SYN-ACK, so it belongs to a
 * connection not seen whole. */
static bool acks_syn(const struct attempt *attempt, uint32_t ack)
{
    /* The data that a SYN brought with it (RFC 7413) is acknowledged too. */
    return ack - attempt->syn.seq - 1 <= attempt->syn.payload_len;
}

bool attempt_is_refused_by(const struct attempt *attempt, const struct tcp_view *tcp, int64_t ts_us)
{
    const struct answer *answer = attempt->answer;
    bool accepted = answer && mark_seen(&answer->synack) && answer->synack.ts_us <= ts_us;
    if (attempt->facts & FACT_NO_SYN)
        return tcp->flags & TCP_ACK && tcp->seq == 0 && !(answer && (mark_seen(&answer->synack) || answer->connection));
    if (accepted || attempt->facts & FACT_CLIENT_WENT_ON)
        return tcp->flags & TCP_ACK && tcp->seq == 0 && acks_syn(attempt, tcp->ack) && !(answer && answer->connection);
    return tcp->flags & TCP_ACK && acks_syn(attempt, tcp->ack);
}

static void set_refusals_aside(struct answer *answer)
{
    answer->refused_before = answer->refusal.number;
    answer->refusals_before = answer->refusals;
    answer->refusals = 0;
    memset(&answer->refusal, 0, sizeof answer->refusal);
    memset(&answer->refusal_other, 0, sizeof answer->refusal_other);
}

bool attempt_came_up(struct attempt *attempt, int64_t synack_us)
{
    const struct answer *answer = attempt->answer;
    if (!mark_seen(&answer->refusal) || answer->last_refusal_us > attempt->last_syn_us ||
        attempt->last_syn_us > synack_us)
        return false;
    set_refusals_aside(attempt->answer);
    return true;
}

bool attempt_goes_on_refused(struct attempt *attempt)
{
    const struct answer *answer = attempt->answer;
    if (!mark_seen(&answer->refusal) || !mark_seen(&answer->synack) || answer->last_refusal_us > answer->synack.ts_us)
        return false;
    set_refusals_aside(attempt->answer);
    return true;
}

bool attempt_is_stale_remnant(const struct attempt *attempt, int64_t syn_us)
{
    enum { SYN_AGAIN_US = 3200000 }; /* see due.c: SYNs are sent again sooner, the first times */
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    if (!(attempt->facts & FACT_NO_SYN) || !c || mark_seen(&attempt->answer->synack) ||
        mark_seen(&attempt->answer->refusal) || syn_us - attempt->last_us > SYN_AGAIN_US)
        return false;
    const struct flow_side *client = &c->side[SIDE_CLIENT], *server = &c->side[SIDE_SERVER];
    return server->seen && !server->payload_bytes && !mark_seen(&server->fin) && !mark_seen(&server->rst) &&
           client->packets == client->rsts;
}

bool attempt_is_not_ssh(const struct attempt *a)
{
    if (attempt_is_ssh(a) || !a->answer || a->facts & FACT_SUBFLOW)
        return false;
    if (mark_seen(&a->answer->refusal) || a->answer->icmp.number)
        return true;
    const struct connection *c = a->answer->connection;
    if (!c)
        return false;
    return c->side[SIDE_CLIENT].payload_bytes || c->side[SIDE_SERVER].payload_bytes || c->closed_us ||
           mark_seen(&c->side[SIDE_CLIENT].fin) || mark_seen(&c->side[SIDE_SERVER].fin);
}

/* What begins as one line of either side, goes on with lists of algorithms, and then with a client's segment as short
 * as NEWKEYS and with others behind it, is SSH, although the snaplen left none of its words. */
static bool goes_like_ssh(const struct attempt *attempt, const struct connection *c, const struct dialogue *d)
{
    enum { SHORTEST_LINE = 9, LISTS = 200, ENOUGH = 2 };
    if (!(attempt->facts & FACT_CUT) || !(attempt->facts & FACT_SSH_PORT))
        return false;
    for (int side = 0; side < 2; side++) {
        const uint32_t line = c->side[side].first_payload.payload_len;
        if (line < SHORTEST_LINE || line > SSH_BANNER_MAX || !d->encrypted[side] ||
            d->encrypted_packets[side] < ENOUGH ||
            c->side[side].payload_bytes < d->encrypted_bytes[side] + line + LISTS)
            return false;
    }
    return true;
}

enum stage attempt_stage(const struct attempt *attempt)
{
    if (attempt->lookup)
        return attempt->lookup->name[0] ? STAGE_NAME : STAGE_NO_ANSWER;
    const struct answer *answer = attempt->answer;
    if (!answer)
        return STAGE_NO_ANSWER;
    if (mark_seen(&answer->refusal))
        return STAGE_REFUSED;
    const struct connection *c = answer->connection;
    if (!mark_seen(&answer->synack) && !c)
        return answer->icmp.number ? STAGE_REJECTED : STAGE_NO_ANSWER;
    const struct dialogue *d = c ? c->dialogue : NULL;
    if (d && !d->clock.banner_us[SIDE_SERVER] && goes_like_ssh(attempt, c, d))
        return STAGE_AUTH;
    if (!d || !d->clock.banner_us[SIDE_SERVER])
        return STAGE_ACCEPTED; /* a client may send its banner and KEXINIT to anybody */
    if (d->encrypted_packets[SIDE_CLIENT] || d->encrypted_packets[SIDE_SERVER])
        return STAGE_AUTH;
    if (d->clock.kexinit_us[SIDE_CLIENT] || d->clock.kexinit_us[SIDE_SERVER])
        return STAGE_KEX;
    return STAGE_BANNER;
}
