/* --patient: what a minute of waiting can settle, a drop at the last router against one on the host.
 *
 * A first fragment holds the whole TCP header, so a filter that drops SYNs to the port drops it as well. Where it is
 * let by, it waits for a rest that never comes, and when its time is over the machine that kept it sends an error in
 * its own name. IPv4 hosts gather fragments before they filter what is for them (net/ipv4/ip_input.c ip_local_deliver),
 * IPv6 hosts only where connections are tracked (nf_defrag_ipv6_hooks.c); without, the filter comes first and silence
 * means nothing. Whether they are tracked a fragment that goes beyond the longest datagram tells at once: without
 * tracking IPv6 complains of it (net/ipv6/reassembly.c ip6_frag_queue), with it nobody does (nf_conntrack_reasm.c). */
#include "plan.h"
#include "probe_packets.h"

enum { PAIRS = 2 };

#define APART_US 1300000 /* hosts ration their errors: one a second */
/* net.ipv4.ipfrag_time, and net.netfilter.nf_conntrack_frag6_timeout, and how late a timer of that length may be. */
#define GATHERED4_US 33500000
#define GATHERED6_US 65000000
#define TOGETHER_US  4500000 /* what was sent together is given up together */
#define COMPLAINT_US 1000000 /* for an answer that comes at once or never */

static bool ipv6(const struct probe_facts *facts)
{
    return !address_is_ipv4(&facts->target);
}

void patience_add_fragments(struct probe_facts *facts, uint16_t control_port, int64_t now_us)
{
    if (ipv6(facts))
        probe_packet_add(facts, ASK_FAR_FRAGMENT, facts->port, PROBE_FULL_TTL, now_us);
    for (int64_t pair = 0; pair < PAIRS; pair++) {
        probe_packet_add(facts, ASK_CONTROL_FRAGMENT, control_port, PROBE_FULL_TTL, now_us + pair * APART_US);
        probe_packet_add(facts, ASK_FRAGMENT, facts->port, PROBE_FULL_TTL, now_us + pair * APART_US);
    }
}

/* After the answer to the later of two fragments to a closed port, there is none to come for the others. */
static bool waited_enough(const struct probe_facts *facts, const struct probe_packet *probe, int64_t now_us)
{
    int64_t limit_us = probe->kind == ASK_FAR_FRAGMENT ? COMPLAINT_US : ipv6(facts) ? GATHERED6_US : GATHERED4_US;
    unsigned answered = 0;
    int64_t latest_us = 0;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *control = &facts->packet[i];
        if (control->kind != ASK_CONTROL_FRAGMENT || control->reply.kind == REPLY_NONE)
            continue;
        answered++;
        latest_us = control->reply.ts_us > latest_us ? control->reply.ts_us : latest_us;
    }
    return now_us - probe->last_us > limit_us || (answered == PAIRS && now_us - latest_us > TOGETHER_US);
}

bool patience_done(const struct probe_facts *facts, int64_t now_us)
{
    if (probe_answered(facts, ASK_FRAGMENT) != NULL || probe_answered(facts, ASK_FAR_FRAGMENT) != NULL)
        return true;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        if (is_fragment(probe->kind) && probe->reply.kind == REPLY_NONE &&
            (probe->sends < probe->max_sends || !waited_enough(facts, probe, now_us)))
            return false;
    }
    return true;
}
