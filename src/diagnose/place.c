/* Which machine made it fail. */
#include <stdlib.h>

#include "evidence.h"
#include "reset.h"
#include "spoken.h"

struct place {
    enum where where;
    double confidence;
};

static struct place at(enum where where, double confidence)
{
    return (struct place){where, confidence};
}

static bool same_mac(const struct mark *a, const struct mark *b)
{
    return !(a->bits & b->bits & MARK_MAC) || memcmp(a->mac, b->mac, 6) == 0;
}

/* A forged RST that answers the SYN: on the target when it looks like the target's own in TTL and card and comes no
 * sooner. */
static struct place place_of_refusal(const struct view *v)
{
    const struct mark *rst = &v->answer->refusal;
    const struct host *h = v->server_host;
    if (refusal_on_loopback(v))
        return at(WHERE_CLIENT, 0.95);
    if (v->vantage == VANTAGE_SERVER)
        return at(WHERE_HOST, 0.9);
    if (v->vantage == VANTAGE_BETWEEN && rst->bits & MARK_OUT && hops_from_start(rst->ttl) == 0)
        return at(WHERE_PATH, 0.95); /* made on this router */
    if (seen(&v->answer->synack) || seen(&v->answer->refusal_other))
        return at(WHERE_PATH, 0.95);
    if (h && h->own_packets && h->own.number != rst->number) {
        if (refusal_ttl(v) < h->own_ttl_min || refusal_ttl(v) > h->own_ttl_max || !same_mac(rst, &h->own))
            return at(WHERE_PATH, 0.97);
        int64_t delay = reply_delay_us(v, rst->ts_us);
        if (h->rtt_us > 4000 && h->rtt_samples >= 3 && delay >= 0 && delay * 10 < (int64_t)h->rtt_us * 7)
            return at(WHERE_PATH, 0.95);
        return at(WHERE_HOST, 0.95);
    }
    if (further_refusal(v) || full_ttl_from_afar(v, rst->ttl))
        return at(WHERE_PATH, 0.9);
    if (rst->flags != (TCP_RST | TCP_ACK) || rst->seq != 0 || rst->window != 0)
        return at(WHERE_PATH, 0.85); /* not what a host's firewall sends */
    /* At the client, a full TTL means that the sender is on the client's own network; the target is, if its MAC was
     * looked for. */
    if (v->vantage == VANTAGE_CLIENT && hops_from_start(rst->ttl) == 0)
        return h && h->found_number ? at(WHERE_HOST, 0.9) : at(WHERE_PATH, 0.55);
    return at(WHERE_HOST, 0.6);
}

static struct place place_of_error(const struct view *v, enum cause cause)
{
    const struct icmp_mark *icmp = &v->answer->icmp;
    if (address_equal(&icmp->sender,
                      &v->attempt->key.client)) /* its own kernel: no neighbour answered, or a rule of its own */
        return cause == CAUSE_HOST_UNREACHABLE ? at(WHERE_HOST, 0.9) : at(WHERE_CLIENT, 0.95);
    if (address_equal(&icmp->sender, &v->attempt->key.server))
        return full_ttl_from_afar(v, icmp->ttl) ? at(WHERE_PATH, 0.9) : at(WHERE_HOST, 0.97);
    bool waited = seen(v->syn) && icmp->ts_us - v->syn->ts_us > 900000;
    bool searched = v->server_host && v->server_host->searches_unanswered > 1;
    if (cause == CAUSE_HOST_UNREACHABLE && (waited || searched))
        return at(WHERE_HOST, 0.95); /* the router looked for the host, and it was not there */
    return at(WHERE_PATH, 0.95);
}

static struct place place_of_silence(const struct view *v)
{
    if (v->vantage == VANTAGE_SERVER)
        return at(WHERE_HOST, 0.9); /* the SYN reached the server's own network card */
    if (v->vantage == VANTAGE_BETWEEN && v->syn->bits & MARK_IN && !(v->attempt->facts & FACT_SYN_OUT_OF_HOST))
        return at(WHERE_PATH, 0.8); /* it came in at this router and did not leave */
    /* Past a router, on a link where the server itself answers who asks for its card: it got as far as the server. */
    if (!(v->syn->bits & (MARK_IN | MARK_OUT)) && v->vantage == VANTAGE_UNKNOWN && hops_from_start(v->syn->ttl) > 0 &&
        v->server_host && v->server_host->found_number)
        return at(WHERE_HOST, 0.85);
    return at(WHERE_UNKNOWN, 0.9);
}

static struct place place_of_reset(const struct view *v)
{
    struct finding f;
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return at(WHERE_PATH, 0.6);
    f.scale = 1;
    const struct mark *other = &v->connection->side[ending_rst_side(v)].rst_other;
    if (seen(other) && other->ts_us - rst->ts_us < 5000 && other->seq != rst->seq)
        return at(WHERE_PATH, 0.9); /* a burst at moving sequence numbers is an injector's, not a rule's */
    if (reset_ttl_differs(v, &f) || reset_other_mac(v, &f) || reset_lacks_timestamps(v, &f))
        return at(WHERE_PATH, 0.97);
    if (ending_rst_side(v) == SIDE_CLIENT || dscp(rst->tos))
        return at(WHERE_PATH, 0.85); /* the target's firewall would not speak for the client, nor mark its RST */
    /* netfilter's: bare, with TOS 0, window 0, IP ID 0: on the host if it looks as near as the host. */
    bool netfilter = !(rst->flags & TCP_ACK) && rst->window == 0 && rst->ip_id == 0 && !(rst->bits & MARK_OPTIONS);
    return netfilter ? at(WHERE_HOST, 0.7) : at(WHERE_PATH, 0.85);
}

static struct place place_of(const struct view *v, enum cause cause)
{
    switch (cause) {
    case CAUSE_NONE:
        return at(WHERE_NULL, 1);
    case CAUSE_UNDETERMINED:
        return at(WHERE_UNKNOWN, 0.95);
    case CAUSE_FIREWALL_RST:
        return place_of_refusal(v);
    case CAUSE_FIREWALL_ICMP:
    case CAUSE_NETWORK_UNREACHABLE:
        return place_of_error(v, cause);
    case CAUSE_HOST_UNREACHABLE:
        return v->answer && v->answer->icmp.number ? place_of_error(v, cause) : at(WHERE_HOST, 0.95);
    case CAUSE_SILENT_DROP:
        return place_of_silence(v);
    case CAUSE_INJECTED_RST:
        return place_of_reset(v);
    case CAUSE_ROUTING_LOOP:
    case CAUSE_RETURN_PATH_LOSS:
    case CAUSE_MTU_BLACKHOLE:
    case CAUSE_IDLE_DROP:
        return at(WHERE_PATH, 0.9);
    case CAUSE_NAME_FAILURE: /* an answer says that the name is wrong; silence says nothing of where */
        return v->attempt->lookup && v->attempt->lookup->rcode < 0 ? at(WHERE_UNKNOWN, 0.9) : at(WHERE_CLIENT, 0.9);
    case CAUSE_CLIENT_ABORT:
    case CAUSE_HOSTKEY_REJECTED:
        return at(WHERE_CLIENT, 0.95);
    case CAUSE_PROTOCOL_MISMATCH:
        return client_version_is_odd(v) ? at(WHERE_CLIENT, 0.85) : at(WHERE_HOST, 0.95);
    default:
        return at(WHERE_HOST, 0.95);
    }
}

void locate(const struct view *v, struct verdict *out)
{
    struct place place = place_of(v, out->cause);
    out->where = place.where;
    out->where_confidence = place.confidence;
}
