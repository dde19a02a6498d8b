/* Where the capture was taken, worked out from TTLs, round trips and what the link type tells. */
#include "view.h"

/* A machine answers its own packets within this time of seeing them; no network is needed. */
enum { OWN_REPLY_US = 150 };

static bool left(const struct mark *mark)
{
    return seen(mark) && mark->bits & MARK_OUT;
}

/* Sent from here, and not forwarded: a router takes one off the TTL. Small TTLs are traces. */
static bool began_here(const struct view *v, const struct mark *mark)
{
    enum { LARGEST_OF_TRACES = 32 };
    return lacks(v, FIELD_TTL) || hops_from_start(mark->ttl) == 0 || mark->ttl <= LARGEST_OF_TRACES;
}

/* What answers in the server's name, and is not from a firewall, left this machine as a stack sends it. */
static bool answers_here(const struct view *v)
{
    return v->answer && left(&v->answer->synack) && began_here(v, &v->answer->synack);
}

/* By a rule of a forward chain, which sees no direction. */
static bool logged_between(const struct view *v)
{
    const struct capturer *c = &v->file->capturer;
    return v->syn->bits & MARK_LOGGED && c->client == LOCALITY_ELSEWHERE && c->server == LOCALITY_ELSEWHERE;
}

static bool passed_through(const struct view *v)
{
    const struct mark *synack = v->answer ? &v->answer->synack : NULL;
    return v->attempt->facts & FACT_SYN_OUT_OF_HOST || v->file->leg_count || logged_between(v) ||
           (left(v->syn) && !began_here(v, v->syn) && v->file->capturer.client != LOCALITY_HERE) ||
           (v->syn->bits & MARK_IN && left(synack) && !began_here(v, synack));
}

static bool server_is_elsewhere(const struct view *v)
{
    const struct capturer *c = &v->file->capturer;
    return c->server == LOCALITY_ELSEWHERE || (v->server_host && v->server_host->own_arrives) ||
           (own_mark(v) && own_mark(v)->bits & MARK_IN);
}

/* The SYN came in and was not seen to leave: it ended on this machine. That is the server if the address is this
 * machine's. Else it is a router, as it is where it forwards what others send, or has other addresses than this one.
 * Where nothing tells, the one is as likely as the other. */
static enum vantage from_arrival(const struct view *v)
{
    const struct capturer *c = &v->file->capturer;
    if (answers_here(v) || c->server == LOCALITY_HERE)
        return VANTAGE_SERVER;
    if (server_is_elsewhere(v) || c->forwards_number || c->other_network)
        return VANTAGE_BETWEEN;
    return VANTAGE_UNKNOWN;
}

static enum vantage from_local_addresses(const struct view *v)
{
    if (v->file->capturer.client == LOCALITY_HERE)
        return VANTAGE_CLIENT;
    if (v->file->capturer.server == LOCALITY_HERE)
        return VANTAGE_SERVER;
    return VANTAGE_UNKNOWN;
}

/* A machine that leaves checksums to its hardware shows those of its own packets partial, and the other's whole. */
static enum vantage from_checksums(const struct view *v)
{
    const struct mark *synack = v->answer ? &v->answer->synack : NULL;
    if (!seen(synack))
        return VANTAGE_UNKNOWN;
    if (v->syn->bits & MARK_SUM_PARTIAL && synack->bits & MARK_SUM_WHOLE)
        return VANTAGE_CLIENT;
    return v->syn->bits & MARK_SUM_WHOLE && synack->bits & MARK_SUM_PARTIAL ? VANTAGE_SERVER : VANTAGE_UNKNOWN;
}

/* A SYN-ACK that nobody acknowledges: who sends it does so at once, so where it comes later that was not here. */
static enum vantage from_synack_alone(const struct view *v)
{
    const struct host *h = v->server_host;
    if (!v->answer || !seen(&v->answer->synack) || (v->connection && seen(&v->connection->handshake_ack)))
        return VANTAGE_UNKNOWN;
    const enum vantage told = from_checksums(v);
    return told == VANTAGE_UNKNOWN && h && h->rtt_us > OWN_REPLY_US * 4 ? VANTAGE_CLIENT : told;
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

static enum vantage from_ttls(const struct view *v)
{
    if (v->attempt->facts & FACT_TTL_STEP)
        return VANTAGE_BETWEEN;
    if (lacks(v, FIELD_TTL))
        return lacks(v, FIELD_TIME) ? VANTAGE_UNKNOWN : from_round_trips(v);
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
    const enum vantage told = from_synack_alone(v);
    return told == VANTAGE_UNKNOWN ? from_round_trips(v) : told;
}

enum vantage vantage_of(const struct view *v)
{
    if (passed_through(v))
        return VANTAGE_BETWEEN;
    const enum vantage told = from_local_addresses(v);
    if (!seen(v->syn) || told != VANTAGE_UNKNOWN)
        return told;
    if (v->syn->bits & MARK_OUT)
        return VANTAGE_CLIENT;
    if (v->syn->bits & MARK_IN)
        return from_arrival(v);
    if (v->answer && left(&v->answer->synack))
        return VANTAGE_SERVER;
    return from_ttls(v);
}
