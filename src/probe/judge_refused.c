/* What a probe shows where a RST answers the SSH port's SYN. */
#include <math.h>
#include <string.h>

#include "judge_rows.h"
#include "probe_packets.h"

static bool alike(const struct probe_reply *a, const struct probe_reply *b)
{
    return a->ttl == b->ttl && a->df == b->df && (a->ip_id == 0) == (b->ip_id == 0) && a->window == b->window &&
           (a->flow_label == 0) == (b->flow_label == 0) && a->has_options == b->has_options;
}

/* The part of the weight that counts where no kernel was seen to copy the TOS, and the RST is as netfilter writes it.
 * On a path that keeps the TOS, a rule for all ports would look just so. Judgement. */
static const float alike_without_copies = 0.8f, alike_on_a_keeping_path = 0.2f;

static float worth_of_likeness(const struct reading *r)
{
    if (r->controls_copied > 0 || !is_as_netfilter_writes(&r->main->reply, r->ipv6))
        return 1;
    return r->echo == PROBE_ECHO_WORKS && !is_no_linux(r) ? alike_on_a_keeping_path : alike_without_copies;
}

/* Somebody before the host, whose RSTs come less way than a ping's reply, may answer for every port. */
static bool answers_for_the_host(const struct reading *r)
{
    return r->own.packet != NULL && hops_come(r->main->reply.ttl) < hops_come(r->own.packet->reply.ttl);
}

static bool controls_alike(const struct reading *r, struct finding *f)
{
    const struct probe_packet *c = r->control;
    bool told_apart =
        probe_answered(r->facts, ASK_SHORT_HEADER) != NULL && probe_answered(r->facts, ASK_CONTROL_SHORT) == NULL;
    if (c == NULL || told_apart || r->facts->sockets_only || dscp(r->main->tos) == 0 ||
        !alike(&c->reply, &r->main->reply) || dscp(c->reply.tos) != dscp(r->main->reply.tos) ||
        is_as_pf_writes(r->main, r->ipv6) || answers_for_the_host(r))
        return false;
    f->packet = c->reply.number;
    f->value[0] = r->controls_rst;
    f->scale = worth_of_likeness(r);
    return true;
}

static bool only_this_port(const struct reading *r, struct finding *f)
{
    f->value[0] = r->controls_copied;
    f->value[1] = PROBE_MARK;
    f->packet = r->control != NULL ? r->control->reply.number : 0;
    return r->controls_copied > 0 && dscp(r->main->tos) != 0 && dscp(r->main->reply.tos) == 0;
}

/* The part that counts where nothing shows that the host is Linux, and where its other packets show that it is not:
 * then its own RST may have no TOS either. Judgement. */
static const float of_unknown_stack = 0.4f, of_like_windows = 0.15f, of_other_stack = 0.05f;

static float worth_of_lost_tos(const struct reading *r)
{
    /* Where the port is handed on, the stack that was seen is another machine's. */
    enum probe_stack stack = r->behind > 0 ? PROBE_STACK_UNKNOWN : r->stack.is;
    if (stack == PROBE_STACK_UNKNOWN)
        return r->main->reply.ttl > 64 ? of_like_windows : of_unknown_stack;
    return stack == PROBE_STACK_LINUX ? 1 : of_other_stack;
}

static bool path_keeps_tos(const struct reading *r, struct finding *f)
{
    const struct probe_packet *ping = probe_answered(r->facts, ASK_PING);
    if (ping == NULL || r->facts->sockets_only || r->controls_copied > 0 || dscp(r->main->tos) == 0 ||
        !is_as_netfilter_writes(&r->main->reply, r->ipv6) || dscp(ping->reply.tos) != dscp(ping->tos))
        return false;
    f->packet = ping->reply.number;
    f->value[0] = ping->tos;
    f->scale = worth_of_lost_tos(r);
    return true;
}

static bool both_marks_copied(const struct reading *r, struct finding *f)
{
    const struct probe_packet *first = probe_answered(r->facts, ASK_MARKED),
                              *second = probe_answered(r->facts, ASK_OTHER_MARK);
    if (first == NULL || second == NULL || first->reply.kind != REPLY_RST || second->reply.kind != REPLY_RST)
        return false;
    f->packet = second->reply.number;
    f->value[0] = first->tos;
    f->value[1] = second->tos;
    return dscp(first->reply.tos) == dscp(first->tos) && dscp(second->reply.tos) == dscp(second->tos);
}

static const struct probe_packet *short_answer(const struct reading *r)
{
    const struct probe_packet *packet = probe_answered(r->facts, ASK_SHORT_HEADER);
    return packet != NULL && packet->reply.kind == REPLY_RST ? packet : NULL;
}

static bool short_header_answered(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = short_answer(r);
    f->packet = packet != NULL ? packet->reply.number : 0;
    return packet != NULL;
}

static unsigned sent_in_vain(const struct reading *r, enum probe_kind kind)
{
    unsigned sends = 0;
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *packet = &r->facts->packet[i];
        if (packet->kind == kind && packet->reply.kind != REPLY_NONE)
            return 0;
        if (packet->kind == kind)
            sends += packet->sends;
    }
    return sends;
}

static bool short_header_ignored(const struct reading *r, struct finding *f)
{
    f->value[0] = sent_in_vain(r, ASK_SHORT_HEADER);
    return f->value[0] >= 2 && r->rsts >= 2 && !is_as_pf_writes(r->main, r->ipv6);
}

static bool bad_sum_answered(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = probe_answered(r->facts, ASK_BAD_SUM);
    f->packet = packet != NULL ? packet->reply.number : 0;
    return packet != NULL && packet->reply.kind == REPLY_RST && !r->next_hop_answers;
}

/* The passive verdict trusted a TOS of 0 that the path is to blame for: what it weighed, at most the weight of its row
 * (src/diagnose/refused_marks.c), is taken back. */
#define MOST_TAKEN_BACK 4.0f

static bool echo_useless(const struct reading *r, struct finding *f)
{
    if (r->echo != PROBE_ECHO_UNUSABLE && r->echo != PROBE_ECHO_REWRITTEN)
        return false;
    f->scale = 0;
    for (unsigned i = 0; r->passive != NULL && i < r->passive->evidence_count; i++) {
        const struct evidence *e = &r->passive->evidence[i];
        if (strcmp(e->id, "rst-tos-zero") == 0)
            f->scale += fabsf(e->weight) / MOST_TAKEN_BACK;
    }
    f->packet = r->rewriter != NULL ? r->rewriter->reply.number : 0;
    f->word = r->rewriter != NULL ? "an ICMP error quotes the probe with another TOS than it was sent with"
                                  : "a ping came back with another TOS";
    return true;
}

static bool copies_rewritten(const struct reading *r, struct finding *f)
{
    f->packet = r->main->reply.number;
    f->value[0] = r->arrives_as;
    return r->echo == PROBE_ECHO_REWRITTEN && dscp(r->main->tos) != 0 &&
           dscp(r->main->reply.tos) == dscp(r->arrives_as);
}

/* Another initial TTL may be a habit of the host's, and is one of many: of its RSTs and its ICMP messages (slirp,
 * Cisco); not among its RSTs. Less way than the host's own packets have is no habit. Judgement. */
static const float another_start = 0.4f;

static bool is_a_habit(const struct reading *r)
{
    return hops_come(r->main->reply.ttl) == hops_come(r->own.packet->reply.ttl) &&
           r->own.packet->reply.kind != REPLY_RST;
}

static bool ttl_differs(const struct reading *r, struct finding *f)
{
    if (r->own.packet == NULL || r->own.packet->reply.ttl == r->main->reply.ttl || is_a_habit(r))
        return false;
    f->packet = r->main->reply.number;
    f->value[0] = r->main->reply.ttl;
    f->value[1] = r->own.packet->reply.ttl;
    f->word = r->own.what;
    f->scale = hops_come(r->main->reply.ttl) < hops_come(r->own.packet->reply.ttl) ? 1 : another_start;
    return true;
}

static bool ttl_same(const struct reading *r, struct finding *f)
{
    if (r->own.packet == NULL || r->own.packet->reply.ttl != r->main->reply.ttl)
        return false;
    f->packet = r->main->reply.number;
    f->value[0] = r->main->reply.ttl;
    f->word = r->own.what;
    return true;
}

static bool answered_before_host(const struct reading *r, struct finding *f)
{
    if (r->ssh.reached_by == NULL || r->ssh.reached_by->reply.kind != REPLY_RST || r->host_hop == 0 ||
        r->ssh.reached >= r->host_hop)
        return false;
    f->packet = r->ssh.reached_by->reply.number;
    f->value[0] = r->ssh.reached;
    f->value[1] = r->host_hop;
    return true;
}

static const struct evidence_row rows[] = {
    {"probe-controls-alike",
     READING_TEST(controls_alike),
     {{CAUSE_KERNEL_RST, 2.5f}},
     "closed ports that no rule is written for refuse in just this way ({0} asked): so this is how the host's kernel "
     "refuses",
     "lab"},
    {"probe-only-this-port",
     READING_TEST(only_this_port),
     {{CAUSE_FIREWALL_RST, 4.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "{0} closed ports copied the SYN's TOS {1x} into their RSTs, this port did not: a rule is written for it",
     "nf_reject_ipv4.c; lab"},
    {"probe-path-keeps-tos",
     READING_TEST(path_keeps_tos),
     {{CAUSE_FIREWALL_RST, 2.5f}, {CAUSE_FAIL2BAN_BAN, 1.5f}},
     "a ping came back with its TOS {0x}, so the path keeps it: the RST lost it where it was made",
     "net/ipv4/icmp.c icmp_reply; lab"},
    {"probe-marks-copied",
     READING_TEST(both_marks_copied),
     {{CAUSE_KERNEL_RST, 2.0f}},
     "SYNs with TOS {0x} and {1x} were each answered with their own: something copies, as kernels do",
     "tcp_v4_send_reset; lab"},
    {"probe-short-header-answered",
     READING_TEST(short_header_answered),
     {{CAUSE_FIREWALL_RST, 5.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "even a SYN with a header length below the least was refused: a kernel drops that, netfilter's reject does not "
     "look",
     "net/ipv4/tcp_ipv4.c tcp_v4_rcv (doff); nf_reject_ipv4.c nf_reject_ip_tcphdr_get; lab"},
    {"probe-short-header-ignored",
     READING_TEST(short_header_ignored),
     {{CAUSE_KERNEL_RST, 1.2f}},
     "{0} SYNs with a header length below the least were ignored, as kernels do; netfilter's reject answers them, "
     "unless invalid packets are dropped first",
     "tcp_v4_rcv; lab"},
    {"probe-bad-sum-answered",
     READING_TEST(bad_sum_answered),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "a SYN with a wrong checksum was refused: no Linux kernel and no netfilter answers that, a device on the path "
     "does",
     "lab"},
    {"probe-echo-unusable",
     READING_TEST(echo_useless),
     {{CAUSE_KERNEL_RST, MOST_TAKEN_BACK}},
     "the TOS does not come back unchanged ({w}): whether a RST copies it says nothing here, so that is left out",
     "RFC 2474; RFC 792"},
    {"probe-copies-rewritten",
     READING_TEST(copies_rewritten),
     {{CAUSE_KERNEL_RST, 4.0f}},
     "the RST carries TOS {0x}, which is what the path had made of the SYN's: it was copied, as kernels do",
     "tcp_v4_send_reset; RFC 792"},
    {"probe-ttl-differs",
     READING_TEST(ttl_differs),
     {{CAUSE_FIREWALL_RST, 4.2f}},
     "the RST arrived with TTL {0}, {w} with {1}: another machine sent the RST in the host's name",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"probe-ttl-same",
     READING_TEST(ttl_same),
     {{CAUSE_KERNEL_RST, 0.5f}, {CAUSE_FAIL2BAN_BAN, 0.4f}},
     "the RST arrived with TTL {0}, as did {w}",
     "lab"},
    {"probe-answered-before-host",
     READING_TEST(answered_before_host),
     {{CAUSE_FIREWALL_RST, 5.0f}},
     "a SYN that can go {0} hops was refused, but the host is {1} hops away",
     "firewalk; lab"},
};

static const struct evidence_rows of_refusals = EVIDENCE_ROWS(rows);

/* Priors: judgement, as in the passive table (src/diagnose/stage_refused.c). */
const struct evidence_table probe_refused = {
    {{CAUSE_KERNEL_RST, 0.77}, {CAUSE_FIREWALL_RST, 0.21}, {CAUSE_FAIL2BAN_BAN, 0.02}},
    {&of_refusals, &probe_rows_of_stacks},
};
