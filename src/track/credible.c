#include "credible.h"

#include <sshsniff/header_fields.h>

#include "mark.h"

/* A sender's place in its sequence space, as far as the capture shows it. */
struct sequence {
    bool known;
    bool begun_here;      /* its first number was seen, and none comes before it */
    uint32_t first, next; /* of the SYN or first byte; the next one expected */
    uint64_t bytes;       /* that it sent */
};

static const struct flow_side *side_of(const struct attempt *attempt, enum side side)
{
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    return c ? &c->side[side] : NULL;
}

static struct sequence of_syn(const struct mark *syn)
{
    return (struct sequence){true, true, syn->seq, syn->seq + 1 + syn->payload_len, 0};
}

static struct sequence sequence_of(const struct attempt *attempt, enum side side)
{
    const struct flow_side *flow = side_of(attempt, side), *peer = side_of(attempt, !side);
    if (flow && flow->seen)
        return (struct sequence){true, flow->isn_known, flow->isn, flow->next, flow->payload_bytes};
    if (side == SIDE_CLIENT && mark_seen(&attempt->syn))
        return of_syn(&attempt->syn);
    if (side == SIDE_SERVER && attempt->answer && mark_seen(&attempt->answer->synack))
        return of_syn(&attempt->answer->synack);
    if (peer && peer->acked)
        return (struct sequence){true, false, peer->acked, peer->acked, 0};
    return (struct sequence){.known = false};
}

/* Windows are scaled by a factor that is seldom known, and grow with what was sent. */
static uint32_t window_of(const struct sequence *s)
{
    enum { FIRST = 1 << 20, MOST = 1 << 24 };
    return s->bytes < MOST - FIRST ? FIRST + (uint32_t)s->bytes : MOST;
}

static bool fits(const struct sequence *s, uint32_t number)
{
    if (!s->known)
        return true;
    const uint32_t back = s->next - number, ahead = number - s->next, window = window_of(s);
    if (ahead <= window)
        return true;
    return back <= window && (!s->begun_here || back <= s->next - s->first);
}

static uint32_t end_of(const struct mark *segment)
{
    return segment->seq + segment->payload_len + (segment->flags & TCP_FIN ? 1 : 0);
}

/* Both speak of each other's numbers, though of none that was seen before. */
static bool answers(const struct tcp_view *tcp, const struct mark *misfit)
{
    enum { NEAR = 1 << 20 };
    return tcp->flags & TCP_ACK && !(misfit->flags & TCP_RST) && tcp->ack - end_of(misfit) <= NEAR &&
           (tcp->seq - misfit->ack <= NEAR || misfit->ack - tcp->seq <= NEAR);
}

/* What lies between was sent, and is not in the capture. */
static void take_up(struct flow_side *flow, const struct mark *misfit)
{
    if (misfit->flags & TCP_FIN && !mark_seen(&flow->fin))
        flow->fin = *misfit;
    flow->seen = true;
    flow->isn_known = false;
    flow->hole_bytes = 0;
    flow->next = end_of(misfit);
    flow->isn = misfit->seq - 1;
    flow->acked = misfit->ack;
}

static void note_misfit(struct attempt *attempt, struct flow_side *flow, const struct packet *packet)
{
    if (attempt->misfits++ == 0)
        attempt->misfit_number = packet->number;
    if (flow)
        mark_segment(&flow->misfit, packet);
}

/* Before the SYN is answered a stack may still hold an older connection of these addresses and ports, and answer in its
 * numbers; the client then resets it in the same ones (RFC 5961 section 4). */
static bool is_of_older_connection(const struct attempt *attempt, enum side side, const struct tcp_view *tcp)
{
    if (attempt->answer && mark_seen(&attempt->answer->synack))
        return false;
    return side == SIDE_SERVER ? tcp->payload_len == 0 && !(tcp->flags & (TCP_FIN | TCP_RST))
                               : (tcp->flags & (TCP_RST | TCP_ACK)) == TCP_RST;
}

bool segment_is_credible(struct attempt *attempt, enum side side, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct sequence own = sequence_of(attempt, side), peer = sequence_of(attempt, !side);
    const bool acknowledges = tcp->flags & TCP_ACK;
    if ((!packet_tells(packet, FIELD_SEQ) || fits(&own, tcp->seq)) &&
        (!acknowledges || !packet_tells(packet, FIELD_ACK) || fits(&peer, tcp->ack)))
        return true;
    if (is_of_older_connection(attempt, side, tcp))
        return false;
    struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    if (c && mark_seen(&c->side[!side].misfit) && answers(tcp, &c->side[!side].misfit)) {
        take_up(&c->side[!side], &c->side[!side].misfit);
        c->side[side].seen = false; /* its next number is this segment's */
        c->side[side].isn_known = false;
        return true;
    }
    note_misfit(attempt, c ? &c->side[side] : NULL, packet);
    return false;
}

void doubt_rst_before_synack(struct attempt *attempt)
{
    struct flow_side *server = attempt->answer->connection ? &attempt->answer->connection->side[SIDE_SERVER] : NULL;
    const struct sequence own = of_syn(&attempt->answer->synack);
    if (!server || !mark_seen(&server->rst) || fits(&own, server->rst.seq))
        return;
    if (attempt->misfits++ == 0)
        attempt->misfit_number = server->rst.number;
    *server = (struct flow_side){.seen = false};
    attempt->answer->connection->closed_us = 0;
}

bool numbers_tell(const struct attempt *attempt, enum side side, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct sequence own = sequence_of(attempt, side), peer = sequence_of(attempt, !side);
    const bool tells_seq = packet_tells(packet, FIELD_SEQ) && own.known;
    const bool tells_ack = tcp->flags & TCP_ACK && packet_tells(packet, FIELD_ACK) && peer.known;
    return (tells_seq || tells_ack) && (!tells_seq || fits(&own, tcp->seq)) && (!tells_ack || fits(&peer, tcp->ack));
}

bool quote_fits(const struct attempt *attempt, const struct packet *error)
{
    const struct icmp_quote *quote = &error->icmp.quote;
    const enum side side = quote->src_port == attempt->key.client_port ? SIDE_CLIENT : SIDE_SERVER;
    const struct sequence sent = sequence_of(attempt, side);
    return !quote->has_seq || fits(&sent, quote->seq);
}

bool quote_is_credible(struct attempt *attempt, const struct packet *error)
{
    if (quote_fits(attempt, error))
        return true;
    note_misfit(attempt, NULL, error);
    return false;
}
