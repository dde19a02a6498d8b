#include <string.h>

#include "probe_packets.h"
#include "reading.h"

static bool whole_syn(const struct probe_packet *packet)
{
    return packet->kind == ASK_MARKED || packet->kind == ASK_OTHER_MARK || packet->kind == ASK_PLAIN;
}

static bool copied(const struct probe_packet *packet)
{
    return packet->reply.kind == REPLY_RST && dscp(packet->tos) != 0 && dscp(packet->reply.tos) == dscp(packet->tos);
}

static void read_port(struct reading *r, const struct probe_packet *packet)
{
    if (packet->sends == 0)
        return;
    r->asked++;
    r->lost += packet->reply.kind == REPLY_NONE && packet->sends >= 3;
    if (packet->reply.kind == REPLY_NONE)
        return;
    if (r->main == NULL || (r->main->reply.kind != REPLY_SYNACK && packet->reply.kind == REPLY_SYNACK))
        r->main = packet;
    r->answered++;
    r->synacks += packet->reply.kind == REPLY_SYNACK;
    r->rsts += packet->reply.kind == REPLY_RST;
    r->errors += packet->reply.kind == REPLY_ICMP;
}

static void read_control(struct reading *r, const struct probe_packet *packet)
{
    r->controls_asked += packet->sends > 0;
    r->controls_open += packet->reply.kind == REPLY_SYNACK;
    r->controls_error += packet->reply.kind == REPLY_ICMP;
    if (packet->reply.kind != REPLY_RST)
        return;
    r->controls_rst++;
    r->controls_copied += copied(packet);
    if (r->control == NULL || (copied(packet) && !copied(r->control)))
        r->control = packet;
}

/* What a kernel writes from a closed port and no firewall does: a copy of the TOS, or another hand than netfilter's and
 * pf's. */
static bool is_a_kernels(const struct reading *r, const struct probe_packet *packet)
{
    if (copied(packet) || r->facts->sockets_only)
        return copied(packet);
    return !is_bare(&packet->reply) && packet->reply.tos != 0x10 &&
           strange_to_netfilter(&packet->reply, r->ipv6) != NULL;
}

/* Nobody before the host makes its ping's reply: a RST that came less way is not the host's. */
static bool comes_less_way_than_ping(const struct reading *r, const struct probe_packet *packet)
{
    const struct probe_packet *ping = probe_answered(r->facts, ASK_PING);
    return !r->facts->sockets_only && ping != NULL && ping->reply.kind == REPLY_ECHO &&
           hops_come(packet->reply.ttl) < hops_come(ping->reply.ttl);
}

/* In order of trust: what a forger in front of the host does not make. */
static const struct {
    enum probe_kind kind;
    enum reply_kind reply;
    bool kernels; /* only one that no firewall can have written */
    const char *what;
} own_replies[] = {
    {ASK_CONTROL, REPLY_RST, true, "the kernel's own RST from a closed port"},
    {ASK_OTHER_PORT, REPLY_RST, true, "the kernel's own RST from a closed port"},
    {ASK_PING, REPLY_ECHO, false, "the reply to a ping"},
    {ASK_UDP, REPLY_ICMP, false, "the error for a closed UDP port"},
    {ASK_OTHER_PORT, REPLY_SYNACK, false, "the SYN-ACK of another port"},
    {ASK_CONTROL, REPLY_SYNACK, false, "the SYN-ACK of another port"},
    {ASK_MARKED, REPLY_SYNACK, false, "the SYN-ACK"},
};

static void find_own(struct reading *r)
{
    const struct probe_facts *facts = r->facts;
    for (size_t i = 0; i < sizeof own_replies / sizeof *own_replies && r->own.packet == NULL; i++)
        for (unsigned n = 0; n < facts->packets && r->own.packet == NULL; n++) {
            const struct probe_packet *packet = &facts->packet[n];
            if (packet->kind == own_replies[i].kind && packet->reply.kind == own_replies[i].reply &&
                reply_is_targets(facts, &packet->reply) &&
                (!own_replies[i].kernels || (is_a_kernels(r, packet) && !comes_less_way_than_ping(r, packet))))
                r->own = (struct own_reply){packet, own_replies[i].what};
        }
}

static bool asked_in_vain(const struct probe_packet *packet)
{
    return packet->reply.kind == REPLY_NONE && packet->sends >= 2;
}

static void read_sweep(const struct probe_facts *facts, enum probe_kind kind, bool ipv6, struct sweep_reading *out)
{
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *packet = &facts->packet[i];
        if (packet->kind != kind || packet->reply.kind == REPLY_NONE)
            continue;
        if (reply_is_expired(&packet->reply, ipv6))
            out->expired = packet->ttl > out->expired ? packet->ttl : out->expired;
        else if (out->reached == 0 || packet->ttl < out->reached) {
            out->reached = packet->ttl;
            out->reached_by = packet;
        }
    }
    for (unsigned i = 0; i < facts->packets && out->reached == 0; i++) {
        const struct probe_packet *packet = &facts->packet[i];
        if (packet->kind == kind && packet->ttl > out->expired && asked_in_vain(packet) &&
            (out->silent == 0 || packet->ttl < out->silent))
            out->silent = packet->ttl;
    }
}

static void merge_reference(struct reading *r)
{
    struct sweep_reading ping = {0};
    read_sweep(r->facts, ASK_CONTROL_SWEEP, r->ipv6, &r->reference);
    read_sweep(r->facts, ASK_PING_SWEEP, r->ipv6, &ping);
    if (r->reference.reached == 0 && ping.reached != 0)
        r->reference = ping;
}

/* The least TTL at which the target itself answered. A box that answers in its name does so sooner, and its packets
 * come with more TTL left than the target's: then the target's own distance back is the better guess of the way there.
 */
static void find_host_hop(struct reading *r)
{
    const struct probe_packet *by = r->reference.reached_by;
    if (by != NULL && reply_is_targets(r->facts, &by->reply))
        r->host_hop = r->reference.reached;
    if (r->facts->near)
        r->host_hop = 1;
    if (r->own.packet == NULL)
        return;
    unsigned back = hops_come(r->own.packet->reply.ttl) + 1;
    bool forged = by != NULL && by->reply.kind == REPLY_RST && by->reply.ttl != r->own.packet->reply.ttl;
    if (r->host_hop == 0 || (forged && back > r->host_hop))
        r->host_hop = back;
}

static void find_rewriting(struct reading *r)
{
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *packet = &r->facts->packet[i];
        if (packet->reply.kind != REPLY_ICMP || dscp(packet->tos) == 0)
            continue;
        if (reply_is_targets(r->facts, &packet->reply))
            r->arrives_as = packet->reply.quoted_tos;
        if (dscp(packet->reply.quoted_tos) != dscp(packet->tos) && r->rewriter == NULL)
            r->rewriter = packet;
    }
}

/* A ping's reply carries the request's TOS (net/ipv4/icmp.c, net/ipv6/icmp.c), so one that comes back changed was
 * changed on its way. */
static void find_echo(struct reading *r)
{
    if (r->facts->sockets_only) /* sockets show no TOS, neither a reply's nor a quote's */
        return;
    const struct probe_packet *ping = probe_answered(r->facts, ASK_PING);
    bool ping_changed = ping != NULL && ping->reply.kind == REPLY_ECHO && dscp(ping->reply.tos) != dscp(ping->tos);
    find_rewriting(r);
    if (r->controls_copied > 0 || (r->main != NULL && copied(r->main)))
        r->echo = PROBE_ECHO_WORKS;
    else if (r->rewriter != NULL || ping_changed)
        r->echo = r->arrives_as != 0 && dscp(r->arrives_as) != 0 ? PROBE_ECHO_REWRITTEN : PROBE_ECHO_UNUSABLE;
    else if (ping != NULL && ping->reply.kind == REPLY_ECHO)
        r->echo = PROBE_ECHO_WORKS;
}

static bool is_parameter_problem(const struct probe_facts *facts, const struct probe_packet *packet)
{
    return packet->reply.kind == REPLY_ICMP && packet->reply.icmp_type == 12 && reply_is_targets(facts, &packet->reply);
}

static void read_stamps(struct reading *r)
{
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *packet = &r->facts->packet[i];
        bool answered = is_parameter_problem(r->facts, packet);
        r->control_stamps_answered += packet->kind == ASK_CONTROL_STAMP && answered;
        r->stamps_answered += packet->kind == ASK_STAMP && answered;
        r->stamps_sent += packet->kind == ASK_STAMP && packet->sends > 0;
        if (packet->kind == ASK_CONTROL_STAMP && answered && i > 0) /* it goes out just after its like */
            r->stamps_missed +=
                r->facts->packet[i - 1].kind == ASK_STAMP && !is_parameter_problem(r->facts, packet - 1);
    }
}

/* A port that is handed on to a machine behind the address. */
static void find_forwarding(struct reading *r)
{
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *packet = &r->facts->packet[i];
        if (packet->kind == ASK_SWEEP && reply_is_expired(&packet->reply, r->ipv6) &&
            reply_is_targets(r->facts, &packet->reply))
            r->forwarded = true;
    }
    if (r->main == NULL || r->own.packet == NULL || r->facts->sockets_only ||
        !reply_is_targets(r->facts, &r->main->reply))
        return;
    unsigned ttl = r->main->reply.ttl, own = r->own.packet->reply.ttl;
    if (ttl < own && ttl + hops_come(ttl) == own + hops_come(own) && r->main->reply.kind != REPLY_ICMP)
        r->behind = own - ttl;
}

/* RFC 792, RFC 4443: code 1 is the end of the time for gathering. */
static bool was_gathered(const struct probe_reply *reply, bool v6)
{
    return reply->kind == REPLY_ICMP && reply->icmp_type == (v6 ? 3 : 11) && reply->icmp_code == 1;
}

static void read_fragment(struct reading *r, const struct probe_packet *packet)
{
    struct fragment_reading *f = &r->fragments;
    bool targets = reply_is_targets(r->facts, &packet->reply), gathered = was_gathered(&packet->reply, r->ipv6);
    if (packet->kind == ASK_FAR_FRAGMENT) {
        f->untracked = packet->reply.kind == REPLY_ICMP && targets;
        f->tracked = packet->reply.kind == REPLY_NONE && packet->sends >= 3;
        return;
    }
    f->asked += packet->kind == ASK_FRAGMENT && packet->sends > 0;
    if (gathered && !targets)
        f->caught = packet;
    else if (gathered && packet->kind == ASK_FRAGMENT)
        f->kept = packet;
    else if (gathered) {
        f->control = packet;
        f->controls_kept++;
    }
}

/* A router takes no TTL of 1 on: what it answers in another's name it answers itself. Where its own hand in RSTs is not
 * Linux's, it is a program that plays a network (slirp, passt, VMware's and VirtualBox's NAT), or has that address too.
 */
static bool plays_the_network(const struct reading *r)
{
    const struct probe_packet *by = r->reference.reached_by;
    if (r->facts->sockets_only || r->facts->near || r->facts->local || r->main == NULL ||
        r->main->reply.kind != REPLY_RST || by == NULL || r->reference.reached != 1 ||
        !reply_is_targets(r->facts, &by->reply))
        return false;
    const struct probe_reply *rst = &r->main->reply;
    return is_bare(rst) || rst->window != 0 || (!r->ipv6 && !rst->df);
}

void reading_make(const struct probe_facts *facts, const struct verdict *passive, struct reading *out)
{
    memset(out, 0, sizeof *out);
    out->facts = facts;
    out->passive = passive;
    out->ipv6 = !address_is_ipv4(&facts->target);
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *packet = &facts->packet[i];
        if (whole_syn(packet))
            read_port(out, packet);
        else if (packet->kind == ASK_CONTROL)
            read_control(out, packet);
        else if (is_fragment(packet->kind))
            read_fragment(out, packet);
        out->target_spoke |= reply_is_targets(facts, &packet->reply);
    }
    find_own(out);
    read_sweep(facts, ASK_SWEEP, out->ipv6, &out->ssh);
    merge_reference(out);
    find_host_hop(out);
    find_echo(out);
    find_forwarding(out);
    read_stamps(out);
    out->stack = stack_marks_read(facts);
    out->next_hop_answers = plays_the_network(out);
}

/* ---- The table of hops ---- */

static void note_hop(struct probe_facts *facts, const struct probe_packet *packet)
{
    bool ipv6 = !address_is_ipv4(&facts->target);
    struct probe_hop *hop = &facts->hop[packet->ttl - 1];
    bool expired = reply_is_expired(&packet->reply, ipv6), own = reply_is_targets(facts, &packet->reply);
    if (!expired && !own)
        return;
    if (!address_is_none(&hop->address) && (hop->target || own))
        return;
    hop->address = packet->reply.sender;
    hop->target = own;
    hop->rtt_us = packet->sends == 1 && !facts->sockets_only ? packet->reply.ts_us - packet->first_us : 0;
}

/* The comparing sweep first: it goes as far as the target. A RST in the target's name may be forged, so what a router
 * says of its hop stands against it. */
void probe_hops(struct probe_facts *facts)
{
    static const enum probe_kind kinds[] = {ASK_CONTROL_SWEEP, ASK_PING_SWEEP, ASK_SWEEP};
    unsigned farthest = 0;
    bool there = false;
    memset(facts->hop, 0, sizeof facts->hop);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned i = 0; i < facts->packets; i++) {
            const struct probe_packet *packet = &facts->packet[i];
            if (packet->kind == kinds[k] && packet->reply.kind != REPLY_NONE && packet->ttl >= 1 &&
                packet->ttl <= PROBE_HOPS)
                note_hop(facts, packet);
        }
    for (unsigned i = 0; i < PROBE_HOPS; i++) {
        facts->hop[i].ttl = (uint8_t)(i + 1);
        if (!there && !address_is_none(&facts->hop[i].address))
            farthest = i + 1;
        there |= facts->hop[i].target;
    }
    facts->hops = farthest;
}
