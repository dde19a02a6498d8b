/* Which machine made it fail. */
#include "place.h"

#include <string.h>

#include "bare_rst.h"
#include "gateway.h"
#include "identity.h"
#include "refused.h"
#include "reset.h"
#include "silent_way_back.h"
#include "spoken.h"

/* ---- A forged RST that answers the SYN: on the target where it looks like the target's own in TTL and MAC address
 * and comes no sooner ---- */

static const struct mark *refusal(const struct view *v)
{
    return &v->answer->refusal;
}

static bool at_server(const struct view *v)
{
    return v->vantage == VANTAGE_SERVER;
}

static bool refused_on_this_router(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return v->vantage == VANTAGE_BETWEEN && refusal(v)->bits & MARK_OUT && hops_from_start(refusal(v)->ttl) == 0;
}

/* By this machine, be it the server or a router. */
static bool kept_by_either(const struct view *v)
{
    return v->vantage == VANTAGE_UNKNOWN && kept_here(v->file);
}

static bool answered_otherwise_too(const struct view *v)
{
    return seen(&v->answer->synack) || seen(&v->answer->refusal_other);
}

static bool host_known(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && h->own_packets && h->own.number != refusal(v)->number;
}

static bool same_mac(const struct mark *a, const struct mark *b)
{
    return !(a->bits & b->bits & MARK_MAC) || memcmp(a->mac, b->mac, 6) == 0;
}

static bool refused_unlike_host(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    return host_known(v) && (refusal_ttl(v) < h->own_ttl_min || refusal_ttl(v) > h->own_ttl_max ||
                             (!same_mac(refusal(v), &h->own) && !refused_by_claimant(v)));
}

/* Faster than 70 % of the host's round trip, as far as that is known and long enough to be measured: round trips on one
 * path differ by less (lab). */
enum { SOONER_PERCENT = 70, LEAST_ROUND_TRIP_US = 4000, LEAST_ROUND_TRIPS = 3 };

static bool refused_sooner_than_host(const struct view *v)
{
    if (lacks(v, FIELD_TIME))
        return false;
    const struct host *h = v->server_host;
    if (!host_known(v) || h->rtt_us <= LEAST_ROUND_TRIP_US || h->rtt_samples < LEAST_ROUND_TRIPS)
        return false;
    int64_t delay = reply_delay_us(v, refusal(v)->ts_us);
    return delay >= 0 && delay * 100 < (int64_t)h->rtt_us * SOONER_PERCENT && round_trip_is_sure(h, delay);
}

/* The target's RST for another port began with a TTL that no firewall begins with, but this one did not. */
static bool refused_by_another_kind(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    for (int i = 0; h && i < h->ports_used; i++)
        if (h->ports[i].state == PORT_REFUSES && h->ports[i].reply.number &&
            ttl_start(h->ports[i].reply.ttl) > ttl_start(refusal(v)->ttl))
            return true;
    return false;
}

static bool refused_nearer(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return refused_by_another_kind(v) || further_refusal(v) || full_ttl_from_afar(v, refusal(v)->ttl);
}

static bool refused_unlike_netfilter(const struct view *v)
{
    if (lacks(v, FIELD_SEQ | FIELD_WINDOW | FIELD_FLAGS))
        return false;
    const struct mark *rst = refusal(v);
    return rst->flags != (TCP_RST | TCP_ACK) || !v->refusal.seq_zero || rst->window != 0;
}

/* At the client, a full TTL means that the sender is on the client's own network. */
static bool refused_next_door(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return v->vantage == VANTAGE_CLIENT && hops_from_start(refusal(v)->ttl) == 0;
}

/* The target is on the client's own network too, if its MAC address was looked for there. */
static bool refused_next_door_as_host(const struct view *v)
{
    return refused_next_door(v) && v->server_host && v->server_host->found_number;
}

const struct place_row refusal_places[] = {
    {refusal_on_loopback, WHERE_CLIENT, 0.95, "nf_reject_ipv4.c nf_send_reset; lab"},
    {at_server, WHERE_HOST, 0.9, "the SYN came as far as the server; lab"},
    {refused_on_this_router, WHERE_PATH, 0.95, "it leaves this router with the TTL that it began with; lab"},
    {kept_by_either, WHERE_UNKNOWN, 0.9, "whether the address is this machine's is not known: judgement"},
    {answered_otherwise_too, WHERE_PATH, 0.95, "two machines answer; RFC 9293 section 3.10.7.2; lab"},
    {refused_unlike_host, WHERE_PATH, 0.97, "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {refused_sooner_than_host, WHERE_PATH, 0.95, "no packet is faster than its path; lab"},
    {host_known, WHERE_HOST, 0.95, "its TTL, MAC address and time are the host's; lab"},
    {refused_nearer, WHERE_PATH, 0.9, "RFC 791 section 3.2; nf_reject_ipv4.c; lab"},
    {refused_unlike_netfilter, WHERE_PATH, 0.85, "not what a host's firewall sends: nf_reject_ipv4.c; judgement"},
    {refused_next_door_as_host, WHERE_HOST, 0.9, "RFC 826, RFC 4861: the host is as near; judgement"},
    {refused_next_door, WHERE_PATH, 0.55, "the first router, unless the host is as near; judgement"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- A closed port: on the target, unless a user-mode NAT translates the refusal ---- */

static bool refused_beyond_nat(const struct view *v)
{
    return v->stage == STAGE_REFUSED ? from_user_mode_nat(v) : bare_rst_of_passt(v);
}

const struct place_row closed_places[] = {
    {refused_beyond_nat, WHERE_UNKNOWN, 0.9, "the NAT answers for all that is beyond it; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- An ICMP error that answers the SYN ---- */

static bool rejected_by_error(const struct view *v)
{
    return v->answer && v->answer->icmp.number;
}

static bool sent_by(const struct view *v, const struct address *address)
{
    return rejected_by_error(v) && address_equal(&v->answer->icmp.sender, address);
}

static bool sent_by_client(const struct view *v)
{
    return sent_by(v, &v->attempt->key.client);
}

static bool sent_by_target(const struct view *v)
{
    return sent_by(v, &v->attempt->key.server);
}

static bool sent_for_target(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return sent_by_target(v) && full_ttl_from_afar(v, v->answer->icmp.ttl);
}

const struct place_row rejection_places[] = {
    {sent_by_client, WHERE_CLIENT, 0.95, "a rule or a route of the client's own kernel; lab"},
    {sent_for_target, WHERE_PATH, 0.9, "RFC 791 section 3.2: a full TTL from behind a router; lab"},
    {sent_by_target, WHERE_HOST, 0.97, "RFC 1812 section 4.3.2.4: who sends it gives its own address; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- A host that is not there: at the host, whoever says so, unless he cannot have looked for it ---- */

/* A kernel looks for a neighbour three times, a second apart, before it says so (net/core/neighbour.c): more than any
 * round trip, and more than one request. */
enum { SEARCH_US = 900000, SEARCHES = 2 };

static bool router_searched(const struct view *v)
{
    const struct host *h = v->server_host;
    bool waited = seen(v->syn) && v->answer && v->answer->icmp.ts_us - v->syn->ts_us > SEARCH_US;
    return rejected_by_error(v) && (waited || (h && h->searches_unanswered >= SEARCHES));
}

const struct place_row absence_places[] = {
    {sent_by_client, WHERE_HOST, 0.9, "the client's own kernel looked for it: net/ipv4/arp.c arp_error_report; lab"},
    {sent_for_target, WHERE_PATH, 0.9, "RFC 791 section 3.2: a full TTL from behind a router; lab"},
    {sent_by_target, WHERE_HOST, 0.97, "RFC 1812 section 4.3.2.4: who sends it gives its own address; lab"},
    {router_searched, WHERE_HOST, 0.95, "the router looked for it: net/ipv4/arp.c arp_error_report; lab"},
    {rejected_by_error, WHERE_PATH, 0.95, "too soon for a search, so a rule or a route of the sender's; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- SYNs that nothing answers ---- */

static bool kept_by_router(const struct view *v)
{
    return v->vantage == VANTAGE_BETWEEN && kept_here(v->file);
}

static bool kept_from_another(const struct view *v)
{
    return kept_by_router(v) && v->file->capturer.server == LOCALITY_ELSEWHERE;
}

/* Past a router, on a link where the server itself answers who asks for its MAC address. */
static bool on_servers_link(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return !(v->syn->bits & (MARK_IN | MARK_OUT)) && v->vantage == VANTAGE_UNKNOWN &&
           hops_from_start(v->syn->ttl) > 0 && v->server_host && v->server_host->found_number;
}

const struct place_row silence_places[] = {
    {at_server, WHERE_HOST, 0.9, "the SYN came in at the server's own interface; lab"},
    {kept_from_another, WHERE_PATH, 0.95, "it came in here for another machine and did not leave; lab"},
    {kept_by_router, WHERE_PATH, 0.7, "it came in at what seems to be a router and did not leave; lab"},
    {client_is_sought, WHERE_HOST, 0.9, "the server's kernel looks for the client, so it has the SYN; lab"},
    {on_servers_link, WHERE_HOST, 0.85, "it came as far as the server's link: RFC 826, RFC 4861; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- An answer that the client cannot take ---- */

/* As far as the host's own packets are known, the answer did not come from where they come from. */
static bool stale_answer_unlike_host(const struct view *v)
{
    const struct host *h = v->server_host;
    return !lacks(v, FIELD_TTL) && h && h->own_packets && v->answer && v->answer->stale.number &&
           (v->answer->stale.ttl < h->own_ttl_min || v->answer->stale.ttl > h->own_ttl_max);
}

const struct place_row stale_places[] = {
    {stale_answer_unlike_host, WHERE_PATH, 0.8, "another machine answers in the host's name; judgement"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- A ban ---- */

const struct place_row ban_places[] = {
    {kept_by_router, WHERE_PATH, 0.9, "a router's rule keeps the banned client out; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- A name that does not resolve ---- */

static bool name_unanswered(const struct view *v)
{
    return v->attempt->lookup && v->attempt->lookup->rcode < 0;
}

const struct place_row name_places[] = {
    {name_unanswered, WHERE_UNKNOWN, 0.9, "silence says nothing of where; judgement"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- Version strings that do not agree ---- */

const struct place_row version_places[] = {
    {client_version_is_odd, WHERE_CLIENT, 0.85, "the client speaks no version 2: RFC 4253 section 4.2; judgement"},
    {client_is_no_ssh, WHERE_CLIENT, 0.9, "it is no SSH client: RFC 4253 section 4.2; judgement"},
    {told_no_version, WHERE_HOST, 0.65, "what stands at the server's address puts bytes before it; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};

/* ---- A forged RST after the handshake ---- */

static bool no_reset_seen(const struct view *v)
{
    return !ending_rst(v);
}

/* A burst at moving sequence numbers is an injector's, not a rule's. */
static bool reset_in_a_burst(const struct view *v)
{
    if (lacks(v, FIELD_SEQ | FIELD_TIME))
        return false;
    enum { BURST_US = 5000 }; /* sent at one go; lab's injector, and public captures */
    const struct mark *rst = ending_rst(v);
    const struct mark *other = &v->connection->side[ending_rst_side(v)].rst_other;
    return seen(other) && other->ts_us - rst->ts_us < BURST_US && other->seq != rst->seq;
}

static bool reset_unlike_sender(const struct view *v)
{
    struct finding f = {.scale = 1};
    return reset_ttl_differs(v, &f) || reset_other_mac(v, &f) || reset_lacks_timestamps(v, &f);
}

/* The target's firewall would not speak for the client, nor mark its RST. */
static bool reset_for_client_or_marked(const struct view *v)
{
    if (lacks(v, FIELD_TOS))
        return false;
    return ending_rst_side(v) == SIDE_CLIENT || dscp(ending_rst(v)->tos);
}

static bool reset_like_netfilter(const struct view *v)
{
    if (lacks(v, FIELD_OPTIONS | FIELD_IP_ID | FIELD_WINDOW))
        return false;
    const struct mark *rst = ending_rst(v);
    return !(rst->flags & TCP_ACK) && rst->window == 0 && rst->ip_id == 0 && !(rst->bits & MARK_OPTIONS);
}

const struct place_row reset_places[] = {
    {no_reset_seen, WHERE_PATH, 0.6, "judgement"},
    {reset_in_a_burst, WHERE_PATH, 0.9, "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {reset_unlike_sender, WHERE_PATH, 0.97, "Weaver, Sommer, Paxson, NDSS 2009; RFC 7323 section 3.2; lab"},
    {reset_for_client_or_marked, WHERE_PATH, 0.85, "nf_reject_ipv4.c; judgement"},
    {reset_like_netfilter, WHERE_HOST, 0.7,
     "as near as the host, and as its netfilter makes it: nf_reject_ipv4.c; lab"},
    {NULL, WHERE_COUNT, 0, NULL},
};
