/* Where the capture was taken, worked out from TTLs, round trips and what the link type tells. */
#include "view.h"

/* A machine answers its own packets within this time of seeing them; no network is needed. */
enum { OWN_REPLY_US = 150 };

/* Cooked: the SYN came in and was never seen to leave. It ended on this machine, which is the server unless the
 * server's own packets come in here too: then this is a router that kept it. */
static enum vantage from_arrival(const struct view *v)
{
    if (!(v->syn->bits & MARK_IN))
        return VANTAGE_UNKNOWN;
    const struct mark *own = own_mark(v);
    bool comes_in = (own && own->bits & MARK_IN) || (v->server_host && v->server_host->own_arrives);
    return comes_in ? VANTAGE_BETWEEN : VANTAGE_SERVER;
}

/* The refusal left this machine in the name of a host whose own packets come in here: this is a router. */
static bool refused_for_another(const struct view *v)
{
    return v->server_host && v->server_host->own_arrives;
}

static enum vantage from_direction(const struct view *v)
{
    if (v->attempt->facts & FACT_SYN_OUT_OF_HOST)
        return VANTAGE_BETWEEN;
    if (v->syn->bits & MARK_OUT)
        return VANTAGE_CLIENT;
    if (v->answer && seen(&v->answer->synack) && v->answer->synack.bits & MARK_OUT)
        return VANTAGE_SERVER;
    if (v->answer && seen(&v->answer->refusal) && v->answer->refusal.bits & MARK_OUT)
        return refused_for_another(v) ? VANTAGE_BETWEEN : VANTAGE_SERVER;
    return from_arrival(v);
}

static enum vantage from_local_addresses(const struct view *v)
{
    if (v->client_host && v->client_host->local)
        return VANTAGE_CLIENT;
    if (v->server_host && v->server_host->local)
        return VANTAGE_SERVER;
    return VANTAGE_UNKNOWN;
}

/* On one network neither end's TTL tells: the end that answers at once is the one where the capture was taken. */
static enum vantage from_round_trips(const struct view *v)
{
    if (!v->answer || !seen(&v->answer->synack) || !v->connection || !seen(&v->connection->handshake_ack))
        return VANTAGE_UNKNOWN;
    int64_t server = v->answer->synack.ts_us - v->attempt->last_syn_us;
    int64_t client = v->connection->handshake_ack.ts_us - v->answer->synack.ts_us;
    if (server < 0 || client < 0)
        return VANTAGE_UNKNOWN;
    if (client < OWN_REPLY_US && server > 4 * client + OWN_REPLY_US)
        return VANTAGE_CLIENT;
    if (server < OWN_REPLY_US && client > 4 * server + OWN_REPLY_US)
        return VANTAGE_SERVER;
    return VANTAGE_UNKNOWN;
}

enum vantage vantage_of(const struct view *v)
{
    if (!seen(v->syn))
        return from_local_addresses(v);
    enum vantage told = from_local_addresses(v);
    if (told == VANTAGE_UNKNOWN)
        told = from_direction(v);
    if (told != VANTAGE_UNKNOWN)
        return told;
    if (v->attempt->facts & FACT_TTL_STEP)
        return VANTAGE_BETWEEN;
    unsigned client_hops = hops_from_start(v->syn->ttl), own = own_ttl(v);
    if (own == 0)
        return client_hops == 0 ? VANTAGE_CLIENT : VANTAGE_UNKNOWN;
    unsigned server_hops = hops_from_start(own);
    if (client_hops && server_hops)
        return VANTAGE_BETWEEN;
    /* A full TTL says only that the server is on this network: on the server itself its kernel answers at once. */
    if (client_hops)
        return v->server_host && v->server_host->rtt_us > OWN_REPLY_US * 4 ? VANTAGE_BETWEEN : VANTAGE_SERVER;
    if (server_hops)
        return VANTAGE_CLIENT;
    return from_round_trips(v);
}
