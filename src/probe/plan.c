/* What is sent, in which order, and when nothing more can be learned.
 *
 * The order matters where answers are rationed: Linux sends six ICMP errors to one address in a burst, then one a
 * second (net.ipv4.icmp_ratelimit), so the packets whose answers decide go first and no more of a kind follow once they
 * have. */
#include <netinet/in.h>
#include <string.h>

#include "plan.h"
#include "probe_packets.h"

enum { CONTROLS = 3, SWEEP_AHEAD = 4 };

/* The host's errors are rationed: so each SYN to the SSH port goes just before one to a closed port. If the second is
 * complained of, there was an error to spare for the first. */
enum { STAMP_PAIRS = 3, STAMP_EVERY_US = 350000, STAMP_APART_US = 60000 };

/* Where people move SSH to. */
static const uint16_t usual_ports[] = {22, 2222, 222, 8022, 22022, 2022};

#define SILENCE_US     1000000 /* after the last send of a packet, where nothing is known of the round trip */
#define PATIENCE_US    60000   /* beyond four round trips, where one is known */
#define SOON_US        20000   /* the same for what need not be waited for */
#define UNREACHABLE_US 3900000 /* a router tells of a dead neighbour 3.1 s after the first packet for it */

static bool ipv6(const struct probe_facts *facts)
{
    return !address_is_ipv4(&facts->target);
}

/* High ports out of the ephemeral range, spread by the random base so that no rule is written for them. */
static uint16_t control_port(const struct probe_facts *facts, unsigned i)
{
    uint16_t port = (uint16_t)(61011 + (facts->base_port * 7u + i * 1409u) % 4200u);
    return port == facts->port ? (uint16_t)(port + 1) : port;
}

void plan_first(struct probe_facts *facts, int64_t now_us)
{
    probe_packet_add(facts, ASK_MARKED, facts->port, PROBE_FULL_TTL, now_us);
    for (unsigned i = 0; i < CONTROLS; i++)
        probe_packet_add(facts, ASK_CONTROL, control_port(facts, i), PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_PING, 0, PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_SWEEP, facts->port, 1, now_us);
    probe_packet_add(facts, ASK_CONTROL_SWEEP, control_port(facts, 0), 1, now_us);
    probe_packet_add(facts, ASK_OTHER_MARK, facts->port, PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_MARKED, facts->port, PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_PLAIN, facts->port, PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_UDP, control_port(facts, 1), PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_SHORT_HEADER, facts->port, PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_CONTROL_SHORT, control_port(facts, 2), PROBE_FULL_TTL, now_us);
    probe_packet_add(facts, ASK_BAD_SUM, facts->port, PROBE_FULL_TTL, now_us);
    for (size_t i = 0; i < sizeof usual_ports / sizeof *usual_ports; i++)
        if (usual_ports[i] != facts->port)
            probe_packet_add(facts, ASK_OTHER_PORT, usual_ports[i], PROBE_FULL_TTL, now_us);
}

struct sweep_state {
    unsigned packets, highest, answered, reached; /* TTLs; reached 0: not yet */
};

static struct sweep_state sweep_state(const struct probe_facts *facts, enum probe_kind kind)
{
    struct sweep_state s = {0};
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        if (probe->kind != kind)
            continue;
        s.packets++;
        s.highest = probe->ttl > s.highest ? probe->ttl : s.highest;
        if (probe->reply.kind == REPLY_NONE)
            continue;
        s.answered = probe->ttl > s.answered ? probe->ttl : s.answered;
        if (!reply_is_expired(&probe->reply, ipv6(facts)) && (s.reached == 0 || probe->ttl < s.reached))
            s.reached = probe->ttl;
    }
    return s;
}

/* The hop of the target as far as it is known: sweeps need not go beyond it. */
static unsigned known_host_hop(const struct probe_facts *facts)
{
    static const enum probe_kind kinds[] = {ASK_CONTROL_SWEEP, ASK_PING_SWEEP};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sweep_state s = sweep_state(facts, kinds[i]);
        if (s.reached != 0)
            return s.reached;
    }
    return 0;
}

static void grow_sweep(struct probe_facts *facts, enum probe_kind kind, uint16_t port, int64_t now_us)
{
    struct sweep_state s = sweep_state(facts, kind);
    unsigned host = known_host_hop(facts), limit = host != 0 ? host + 1 : PROBE_HOPS;
    if (s.reached != 0)
        return;
    if (limit > s.answered + SWEEP_AHEAD)
        limit = s.answered + SWEEP_AHEAD;
    for (unsigned ttl = s.highest + 1; ttl <= limit && ttl <= PROBE_HOPS; ttl++)
        probe_packet_add(facts, kind, port, (uint8_t)ttl, now_us);
}

static bool has(const struct probe_facts *facts, enum probe_kind kind)
{
    for (unsigned i = 0; i < facts->packets; i++)
        if (facts->packet[i].kind == kind)
            return true;
    return false;
}

/* The state of the SSH port so far: the reply to any of its whole SYNs. */
static const struct probe_packet *principal(const struct probe_facts *facts)
{
    static const enum probe_kind kinds[] = {ASK_MARKED, ASK_OTHER_MARK, ASK_PLAIN};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct probe_packet *probe = probe_answered(facts, kinds[i]);
        if (probe != NULL)
            return probe;
    }
    return NULL;
}

static void stop(struct probe_facts *facts, enum probe_kind kind)
{
    for (unsigned i = 0; i < facts->packets; i++)
        if (facts->packet[i].kind == kind && facts->packet[i].sends == 0)
            facts->packet[i].max_sends = 0;
}

static bool all_spent(const struct probe_facts *facts, enum probe_kind kind)
{
    for (unsigned i = 0; i < facts->packets; i++)
        if (facts->packet[i].kind == kind && facts->packet[i].sends < 2)
            return false;
    return true;
}

/* A SYN that nobody answers, from a host that answers elsewhere: did its kernel get it? IPv4's timestamp option counts
 * hops that found no room, and a sixteenth is an error (RFC 781) that Linux reports before any filter for its own
 * traffic runs. */
static void ask_with_stamps(struct probe_facts *facts, int64_t now_us)
{
    unsigned host = known_host_hop(facts);
    if (ipv6(facts) || has(facts, ASK_STAMP) || host < 2 || host > 15 || principal(facts) != NULL ||
        !all_spent(facts, ASK_MARKED))
        return;
    for (int64_t pair = 0; pair < STAMP_PAIRS; pair++) {
        probe_packet_add(facts, ASK_STAMP, facts->port, PROBE_FULL_TTL, now_us + pair * STAMP_EVERY_US);
        probe_packet_add(facts, ASK_CONTROL_STAMP, control_port(facts, 2), PROBE_FULL_TTL,
                         now_us + pair * STAMP_EVERY_US + STAMP_APART_US);
    }
}

void plan_grow(struct probe_facts *facts, int64_t now_us)
{
    const struct probe_packet *answered = principal(facts);
    bool open = answered != NULL && answered->reply.kind == REPLY_SYNACK;
    if (answered != NULL && answered->reply.kind == REPLY_ICMP) { /* rationed, and they would all say the same */
        stop(facts, ASK_OTHER_MARK);
        stop(facts, ASK_PLAIN);
        stop(facts, ASK_MARKED);
    }
    if (open) {
        stop(facts, ASK_SHORT_HEADER);
        stop(facts, ASK_CONTROL_SHORT);
        stop(facts, ASK_BAD_SUM);
    }
    grow_sweep(facts, ASK_SWEEP, facts->port, now_us);
    grow_sweep(facts, ASK_CONTROL_SWEEP, control_port(facts, 0), now_us);
    bool controls_mute = !probe_answered(facts, ASK_CONTROL) && all_spent(facts, ASK_CONTROL);
    if (controls_mute && probe_answered(facts, ASK_PING) && !has(facts, ASK_PING_SWEEP))
        probe_packet_add(facts, ASK_PING_SWEEP, 0, 1, now_us);
    if (has(facts, ASK_PING_SWEEP))
        grow_sweep(facts, ASK_PING_SWEEP, 0, now_us);
    ask_with_stamps(facts, now_us);
}

int64_t plan_shortest_rtt(const struct probe_facts *facts)
{
    int64_t shortest = 0;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        int64_t took = probe->reply.ts_us - probe->first_us;
        if (reply_is_targets(facts, &probe->reply) && !is_fragment(probe->kind) && probe->sends == 1 && took > 0 &&
            (shortest == 0 || took < shortest))
            shortest = took;
    }
    return shortest;
}

static int64_t longest_rtt(const struct probe_facts *facts)
{
    int64_t longest = 0;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        int64_t took = probe->reply.ts_us - probe->first_us;
        if (probe->reply.kind != REPLY_NONE && !is_fragment(probe->kind) && probe->sends == 1 && took > longest)
            longest = took;
    }
    return longest;
}

bool plan_needs_no_icmp_error(const struct probe_facts *facts, int64_t now_us)
{
    const struct probe_packet *answered = principal(facts);
    if (answered == NULL || answered->reply.kind == REPLY_ICMP)
        return false;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        bool settled = probe->reply.kind != REPLY_NONE ||
                       (probe->sends > 0 && now_us - probe->first_us > 4 * longest_rtt(facts) + SOON_US);
        if (probe->kind == ASK_UDP && !settled)
            return false;
    }
    return true;
}

/* Beyond the hop that has answered for the target nothing more is to be learned of a sweep. */
static bool still_matters(const struct probe_facts *facts, const struct probe_packet *probe, bool open)
{
    unsigned reached = sweep_state(facts, probe->kind).reached;
    switch (probe->kind) {
    case ASK_SWEEP:
    case ASK_CONTROL_SWEEP:
    case ASK_PING_SWEEP: {
        unsigned host = known_host_hop(facts);
        return !open && (reached == 0 || probe->ttl < reached) && (host == 0 || probe->ttl <= host);
    }
    case ASK_MARKED:
        return true;
    case ASK_FRAGMENT:
    case ASK_CONTROL_FRAGMENT:
    case ASK_FAR_FRAGMENT:
        return false; /* they have their own time */
    case ASK_OTHER_PORT:
        return principal(facts) == NULL || !open;
    default:
        return !open;
    }
}

bool plan_heard_target(const struct probe_facts *facts)
{
    for (unsigned i = 0; i < facts->packets; i++)
        if (reply_is_targets(facts, &facts->packet[i].reply))
            return true;
    return false;
}

static bool unreachable_reported(const struct probe_facts *facts)
{
    const struct probe_packet *answered = principal(facts);
    return answered != NULL && answered->reply.kind == REPLY_ICMP;
}

void plan_add_fragments(struct probe_facts *facts, int64_t now_us)
{
    if (!has(facts, ASK_FRAGMENT))
        patience_add_fragments(facts, control_port(facts, 2), now_us);
}

bool plan_done(const struct probe_facts *facts, int64_t now_us)
{
    const struct probe_packet *answered = principal(facts);
    bool open = answered != NULL && answered->reply.kind == REPLY_SYNACK;
    int64_t rtt = longest_rtt(facts), grace = rtt > 0 ? 4 * rtt + PATIENCE_US : SILENCE_US;
    if (!facts->elsewhere && !plan_heard_target(facts) && !unreachable_reported(facts) &&
        now_us - facts->started_us < UNREACHABLE_US)
        return false;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        if (probe->reply.kind != REPLY_NONE || probe->max_sends == 0 || !still_matters(facts, probe, open))
            continue;
        if (probe->sends < probe->max_sends || now_us - probe->last_us < grace)
            return false;
    }
    return true;
}

struct probe_packet *plan_next_due(struct probe_facts *facts, int64_t now_us)
{
    struct probe_packet *best = NULL;
    for (unsigned i = 0; i < facts->packets; i++) {
        struct probe_packet *probe = &facts->packet[i];
        if (probe->reply.kind != REPLY_NONE || probe->sends >= probe->max_sends || probe->next_us > now_us)
            continue;
        if (best == NULL || probe->next_us < best->next_us)
            best = probe;
    }
    return best;
}
