#include <string.h>

#include "fragment.h"
#include "reading.h"
#include "shots.h"

static bool whole_syn(const struct shot *shot)
{
    return shot->kind == SHOT_MARKED || shot->kind == SHOT_OTHER_MARK || shot->kind == SHOT_PLAIN;
}

static bool copied(const struct shot *shot)
{
    return shot->reply.kind == REPLY_RST && dscp(shot->tos) != 0 && dscp(shot->reply.tos) == dscp(shot->tos);
}

static void read_port(struct reading *r, const struct shot *shot)
{
    if (shot->sends == 0)
        return;
    r->asked++;
    r->lost += shot->reply.kind == REPLY_NONE && shot->sends >= 3;
    if (shot->reply.kind == REPLY_NONE)
        return;
    if (r->main == NULL || (r->main->reply.kind != REPLY_SYNACK && shot->reply.kind == REPLY_SYNACK))
        r->main = shot;
    r->answered++;
    r->synacks += shot->reply.kind == REPLY_SYNACK;
    r->rsts += shot->reply.kind == REPLY_RST;
    r->errors += shot->reply.kind == REPLY_ICMP;
}

static void read_control(struct reading *r, const struct shot *shot)
{
    r->controls_asked += shot->sends > 0;
    r->controls_open += shot->reply.kind == REPLY_SYNACK;
    r->controls_error += shot->reply.kind == REPLY_ICMP;
    if (shot->reply.kind != REPLY_RST)
        return;
    r->controls_rst++;
    r->controls_copied += copied(shot);
    if (r->control == NULL || (copied(shot) && !copied(r->control)))
        r->control = shot;
}

/* In order of trust: what a forger in front of the host does not make. */
static const struct {
    enum shot_kind kind;
    enum reply_kind reply;
    bool copying;
    const char *what;
} own_replies[] = {
    {SHOT_CONTROL, REPLY_RST, true, "the kernel's own RST from a closed port"},
    {SHOT_OTHER_PORT, REPLY_RST, true, "the kernel's own RST from a closed port"},
    {SHOT_PING, REPLY_ECHO, false, "the reply to a ping"},
    {SHOT_UDP, REPLY_ICMP, false, "the error for a closed UDP port"},
    {SHOT_OTHER_PORT, REPLY_SYNACK, false, "the SYN-ACK of another port"},
    {SHOT_CONTROL, REPLY_SYNACK, false, "the SYN-ACK of another port"},
    {SHOT_MARKED, REPLY_SYNACK, false, "the SYN-ACK"},
};

static void find_own(struct reading *r)
{
    const struct probe_facts *facts = r->facts;
    for (size_t i = 0; i < sizeof own_replies / sizeof *own_replies && r->own.shot == NULL; i++)
        for (unsigned n = 0; n < facts->shots && r->own.shot == NULL; n++) {
            const struct shot *shot = &facts->shot[n];
            if (shot->kind == own_replies[i].kind && shot->reply.kind == own_replies[i].reply &&
                reply_is_targets(facts, &shot->reply) && (!own_replies[i].copying || copied(shot)))
                r->own = (struct own_reply){shot, own_replies[i].what};
        }
}

static bool asked_in_vain(const struct shot *shot)
{
    return shot->reply.kind == REPLY_NONE && shot->sends >= 2;
}

static void read_sweep(const struct probe_facts *facts, enum shot_kind kind, bool ipv6, struct sweep_reading *out)
{
    for (unsigned i = 0; i < facts->shots; i++) {
        const struct shot *shot = &facts->shot[i];
        if (shot->kind != kind || shot->reply.kind == REPLY_NONE)
            continue;
        if (reply_is_expired(&shot->reply, ipv6))
            out->expired = shot->ttl > out->expired ? shot->ttl : out->expired;
        else if (out->reached == 0 || shot->ttl < out->reached) {
            out->reached = shot->ttl;
            out->reached_by = shot;
        }
    }
    for (unsigned i = 0; i < facts->shots && out->reached == 0; i++) {
        const struct shot *shot = &facts->shot[i];
        if (shot->kind == kind && shot->ttl > out->expired && asked_in_vain(shot) &&
            (out->silent == 0 || shot->ttl < out->silent))
            out->silent = shot->ttl;
    }
}

static void merge_reference(struct reading *r)
{
    struct sweep_reading ping = {0};
    read_sweep(r->facts, SHOT_CONTROL_SWEEP, r->ipv6, &r->reference);
    read_sweep(r->facts, SHOT_PING_SWEEP, r->ipv6, &ping);
    if (r->reference.reached == 0 && ping.reached != 0)
        r->reference = ping;
}

/* The least TTL at which the target itself answered. A box that answers in its name does so sooner, and its packets
 * come with more TTL left than the target's: then the target's own distance back is the better guess of the way there.
 */
static void find_host_hop(struct reading *r)
{
    const struct shot *by = r->reference.reached_by;
    if (by != NULL && reply_is_targets(r->facts, &by->reply))
        r->host_hop = r->reference.reached;
    if (r->facts->near)
        r->host_hop = 1;
    if (r->own.shot == NULL)
        return;
    unsigned back = hops_come(r->own.shot->reply.ttl) + 1;
    bool forged = by != NULL && by->reply.kind == REPLY_RST && by->reply.ttl != r->own.shot->reply.ttl;
    if (r->host_hop == 0 || (forged && back > r->host_hop))
        r->host_hop = back;
}

static void find_rewriting(struct reading *r)
{
    for (unsigned i = 0; i < r->facts->shots; i++) {
        const struct shot *shot = &r->facts->shot[i];
        if (shot->reply.kind != REPLY_ICMP || dscp(shot->tos) == 0)
            continue;
        if (reply_is_targets(r->facts, &shot->reply))
            r->arrives_as = shot->reply.quoted_tos;
        if (dscp(shot->reply.quoted_tos) != dscp(shot->tos) && r->rewriter == NULL)
            r->rewriter = shot;
    }
}

/* A ping's reply carries the request's TOS (net/ipv4/icmp.c, net/ipv6/icmp.c), so one that comes back changed was
 * changed on its way. */
static void find_echo(struct reading *r)
{
    if (r->facts->sockets_only) /* sockets show no TOS, neither a reply's nor a quote's */
        return;
    const struct shot *ping = shots_answered(r->facts, SHOT_PING);
    bool ping_changed = ping != NULL && ping->reply.kind == REPLY_ECHO && dscp(ping->reply.tos) != dscp(ping->tos);
    find_rewriting(r);
    if (r->controls_copied > 0 || (r->main != NULL && copied(r->main)))
        r->echo = PROBE_ECHO_WORKS;
    else if (r->rewriter != NULL || ping_changed)
        r->echo = r->arrives_as != 0 && dscp(r->arrives_as) != 0 ? PROBE_ECHO_REWRITTEN : PROBE_ECHO_UNUSABLE;
    else if (ping != NULL && ping->reply.kind == REPLY_ECHO)
        r->echo = PROBE_ECHO_WORKS;
}

static bool is_parameter_problem(const struct probe_facts *facts, const struct shot *shot)
{
    return shot->reply.kind == REPLY_ICMP && shot->reply.icmp_type == 12 && reply_is_targets(facts, &shot->reply);
}

static void read_stamps(struct reading *r)
{
    for (unsigned i = 0; i < r->facts->shots; i++) {
        const struct shot *shot = &r->facts->shot[i];
        bool answered = is_parameter_problem(r->facts, shot);
        r->control_stamps_answered += shot->kind == SHOT_CONTROL_STAMP && answered;
        r->stamps_answered += shot->kind == SHOT_STAMP && answered;
        r->stamps_sent += shot->kind == SHOT_STAMP && shot->sends > 0;
        if (shot->kind == SHOT_CONTROL_STAMP && answered && i > 0) /* it goes out just after its like */
            r->stamps_missed += r->facts->shot[i - 1].kind == SHOT_STAMP && !is_parameter_problem(r->facts, shot - 1);
    }
}

/* A port that is handed on to a machine behind the address. */
static void find_forwarding(struct reading *r)
{
    for (unsigned i = 0; i < r->facts->shots; i++) {
        const struct shot *shot = &r->facts->shot[i];
        if (shot->kind == SHOT_SWEEP && reply_is_expired(&shot->reply, r->ipv6) &&
            reply_is_targets(r->facts, &shot->reply))
            r->forwarded = true;
    }
    if (r->main == NULL || r->own.shot == NULL || r->facts->sockets_only ||
        !reply_is_targets(r->facts, &r->main->reply))
        return;
    unsigned ttl = r->main->reply.ttl, own = r->own.shot->reply.ttl;
    if (ttl < own && ttl + hops_come(ttl) == own + hops_come(own) && r->main->reply.kind != REPLY_ICMP)
        r->behind = own - ttl;
}

/* RFC 792, RFC 4443: code 1 is the end of the time for gathering. */
static bool was_gathered(const struct probe_reply *reply, bool v6)
{
    return reply->kind == REPLY_ICMP && reply->icmp_type == (v6 ? 3 : 11) && reply->icmp_code == 1;
}

static void read_fragment(struct reading *r, const struct shot *shot)
{
    struct fragment_reading *f = &r->fragments;
    bool targets = reply_is_targets(r->facts, &shot->reply), gathered = was_gathered(&shot->reply, r->ipv6);
    if (shot->kind == SHOT_FAR_FRAGMENT) {
        f->untracked = shot->reply.kind == REPLY_ICMP && targets;
        f->tracked = shot->reply.kind == REPLY_NONE && shot->sends >= 3;
        return;
    }
    f->asked += shot->kind == SHOT_FRAGMENT && shot->sends > 0;
    if (gathered && !targets)
        f->caught = shot;
    else if (gathered && shot->kind == SHOT_FRAGMENT)
        f->kept = shot;
    else if (gathered) {
        f->control = shot;
        f->controls_kept++;
    }
}

void reading_make(const struct probe_facts *facts, const struct verdict *passive, struct reading *out)
{
    memset(out, 0, sizeof *out);
    out->facts = facts;
    out->passive = passive;
    out->ipv6 = !address_is_ipv4(&facts->target);
    for (unsigned i = 0; i < facts->shots; i++) {
        const struct shot *shot = &facts->shot[i];
        if (whole_syn(shot))
            read_port(out, shot);
        else if (shot->kind == SHOT_CONTROL)
            read_control(out, shot);
        else if (is_fragment(shot->kind))
            read_fragment(out, shot);
        out->target_spoke |= reply_is_targets(facts, &shot->reply);
    }
    find_own(out);
    read_sweep(facts, SHOT_SWEEP, out->ipv6, &out->ssh);
    merge_reference(out);
    find_host_hop(out);
    find_echo(out);
    find_forwarding(out);
    read_stamps(out);
}

/* ---- The table of hops ---- */

static void note_hop(struct probe_facts *facts, const struct shot *shot)
{
    bool ipv6 = !address_is_ipv4(&facts->target);
    struct probe_hop *hop = &facts->hop[shot->ttl - 1];
    bool expired = reply_is_expired(&shot->reply, ipv6), own = reply_is_targets(facts, &shot->reply);
    if (!expired && !own)
        return;
    if (!address_is_none(&hop->address) && (hop->target || own))
        return;
    hop->address = shot->reply.sender;
    hop->target = own;
    hop->rtt_us = shot->sends == 1 && !facts->sockets_only ? shot->reply.ts_us - shot->first_us : 0;
}

/* The comparing sweep first: it goes as far as the target. A RST in the target's name may be forged, so what a router
 * says of its hop stands against it. */
void probe_hops(struct probe_facts *facts)
{
    static const enum shot_kind kinds[] = {SHOT_CONTROL_SWEEP, SHOT_PING_SWEEP, SHOT_SWEEP};
    unsigned farthest = 0;
    bool there = false;
    memset(facts->hop, 0, sizeof facts->hop);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned i = 0; i < facts->shots; i++) {
            const struct shot *shot = &facts->shot[i];
            if (shot->kind == kinds[k] && shot->reply.kind != REPLY_NONE && shot->ttl >= 1 && shot->ttl <= PROBE_HOPS)
                note_hop(facts, shot);
        }
    for (unsigned i = 0; i < PROBE_HOPS; i++) {
        facts->hop[i].ttl = (uint8_t)(i + 1);
        if (!there && !address_is_none(&facts->hop[i].address))
            farthest = i + 1;
        there |= facts->hop[i].target;
    }
    facts->hops = farthest;
}
