/* What a RST's TOS, flow label and checksum say of its sender.
 *
 * The kernel copies the SYN's TOS into its RST (tcp_v4_send_reset: arg.tos = ip_hdr(skb)->tos; v6 takes the traffic
 * class and a flow label); netfilter builds its own with TOS 0, flow label 0 and a checksum left to the interface
 * (nf_reject_ipv4.c, _ipv6.c). */
#include "refused.h"

#include <stdlib.h>

/* A Linux listener's SYN-ACK has DSCP 0; one with the RST's own value comes from a host, or over a path, that marks
 * all it sends. */
static bool marks_everything(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && dscp(h->synack_tos) && dscp(h->synack_tos) == dscp(rst(v)->tos);
}

/* The part of an echo's weight that counts where the value may not be a copy. Judgement. */
static const float marked_anyway = 0.35f; /* the host marks all that it sends */
static const float made_from_syn = 0.05f; /* whoever copies the SYN's header copies its TOS, too */
static const float bsd_may_copy = 0.18f;  /* a host that copies may be a BSD with pf */
static const float old_but_linux = 0.6f;  /* no current Linux has an IP ID in it */

/* From as far away, a RST of the host's copied another value: so does this one, unless it is pf's on a BSD that copies.
 */
static bool copies_elsewhere(const struct view *v)
{
    if (lacks(v, FIELD_TTL | FIELD_DF | FIELD_TOS))
        return false;
    const struct host *h = v->server_host;
    return h && seen(&h->echo_tos) && h->echo_tos.ttl == rst(v)->ttl && rst(v)->bits & MARK_DF &&
           host_stack_kind(v) == STACK_UNKNOWN;
}

/* pf and ipfw write 0x10 by themselves: then only a host that is known to be Linux, from as far away, is known to have
 * copied it. */
static bool echo_may_be_bsd(const struct view *v)
{
    if (lacks(v, FIELD_TOS))
        return false;
    return bsd_tos_was_asked(v) && !copies_elsewhere(v) &&
           (host_stack_kind(v) != STACK_LINUX || !host_mark(v) || from_elsewhere(v));
}

static bool rst_echoes_tos(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    if (!seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != dscp(v->syn->tos) || echo_may_be_bsd(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->tos;
    f->value[1] = v->attempt->syn.number;
    if (copies_syn(v))
        f->scale = made_from_syn;
    else if (marks_everything(v))
        f->scale = marked_anyway;
    else if (bsd_tos_was_asked(v) && copies_elsewhere(v))
        f->scale = bsd_may_copy;
    else if (bsd_tos_was_asked(v) && !v->refusal.id_zero)
        f->scale = old_but_linux;
    return true;
}

/* The part of a missing echo's weight that counts. Judgement: alone, it decides for no cause at more than 0.8, for
 * FreeBSD 14 writes the same, and so does Linux behind a path that clears DSCP. */
static const float never_echoed = 0.15f;            /* DSCP is lost on this path */
static const float alone = 0.58f, far_away = 0.49f; /* nothing is known of the host */
static const float alone_v6 = 0.5f;                 /* old kernels of Linux left it out, too */
static const float linux_far_away = 0.55f;          /* the host is Linux, and the path may clear DSCP */
static const float on_other_stack = 0.45f;          /* the host is not, but the RST is not from there */

/* An IPv6 host whose own packets have no flow label leaves it out of its RSTs, too, and is too old to copy the class.
 */
static bool labels_nothing(const struct view *v)
{
    const struct mark *own = host_mark(v);
    return v->ipv6 && own && own->flags && !own->flow_label;
}

/* Kernels of Linux from before 2019 leave out class and label, though their other packets have one. */
static bool is_known_to_label(const struct view *v)
{
    const struct host *h = v->server_host;
    return h->stack.recent || (seen(&h->echo_tos) && h->echo_tos.flow_label);
}

/* The part of its weight that what firewalls leave out deserves: 0 where the host's own stack does so, too. */
static float left_out_part(const struct view *v)
{
    const enum stack stack = host_stack_kind(v);
    const bool elsewhere = from_elsewhere(v);
    if (!elsewhere && ((stack != STACK_UNKNOWN && stack != STACK_LINUX) || labels_nothing(v)))
        return 0;
    if (stack == STACK_LINUX && v->ipv6 && !elsewhere && !is_known_to_label(v))
        return alone_v6;
    if (stack == STACK_LINUX)
        return dscp_may_be_lost(v) ? linux_far_away : 1;
    if (stack != STACK_UNKNOWN)
        return on_other_stack;
    if (elsewhere || (v->server_host && seen(&v->server_host->echo_tos)))
        return 1;
    return dscp_may_be_lost(v) ? far_away : v->ipv6 ? alone_v6 : alone;
}

static float missing_echo_part(const struct view *v)
{
    if (!seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != 0 || !shaped_as_netfilter(v))
        return 0;
    const float part = left_out_part(v);
    return path_clears_dscp(v) && part > never_echoed ? never_echoed : part;
}

static bool rst_tos_zero(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    f->scale = missing_echo_part(v);
    if (f->scale <= 0)
        return false;
    f->packet = rst(v)->number;
    f->value[0] = v->syn->tos;
    f->value[1] = v->attempt->syn.number;
    return true;
}

static bool tos_changed(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = v->syn->tos;
    f->value[1] = rst(v)->tos;
    return seen(v->syn) && dscp(rst(v)->tos) != 0 && dscp(rst(v)->tos) != dscp(v->syn->tos);
}

static bool rst_tos_of_bsd(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    f->scale = marks_everything(v) ? marked_anyway : 1;
    return tos_changed(v, f) && has_bsd_tos(v);
}

/* A path that rewrites DSCP gives the host another value to copy; a forged RST has nothing to copy. */
static bool rst_tos_rewritten(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    return tos_changed(v, f) && !has_bsd_tos(v) && !marks_everything(v);
}

/* The same port refused another SYN, one with DSCP, at about this time. What that showed of the refuser holds for this
 * RST, whose SYN had none to copy. */
static const struct port_fact *marked_neighbour(const struct view *v)
{
    enum { ABOUT_US = 60000000 };
    const struct host *h = v->server_host;
    if (!h || !seen(v->syn) || dscp(v->syn->tos) != 0)
        return NULL;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        if (p->port == v->attempt->key.server_port && p->state == PORT_REFUSES && p->marked_us &&
            llabs(p->marked_us - rst(v)->ts_us) < ABOUT_US)
            return p;
    }
    return NULL;
}

/* Ports change hands while a capture runs: what was shown before this SYN holds better than what was shown after it.
 * Judgement. */
static const float shown_later = 0.4f;

static float still_true(const struct view *v, const struct port_fact *p)
{
    return p->marked_us < rst(v)->ts_us ? 1 : shown_later;
}

static bool port_echoed(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct port_fact *p = marked_neighbour(v);
    if (!p || dscp(p->marked_rst_tos) != dscp(p->marked_syn_tos))
        return false;
    f->packet = p->marked_number;
    f->value[0] = p->marked_rst_tos;
    const bool bsd = !v->ipv6 && p->marked_rst_tos == TOS_LOWDELAY && host_stack_kind(v) != STACK_LINUX;
    f->scale = (bsd ? made_from_syn : marks_everything(v) ? marked_anyway : 1) * still_true(v, p);
    return true;
}

static bool port_did_not_echo(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct port_fact *p = marked_neighbour(v);
    const float part = left_out_part(v);
    if (!p || dscp(p->marked_rst_tos) != 0 || !shaped_as_netfilter(v) || part <= 0)
        return false;
    f->packet = p->marked_number;
    f->value[0] = p->marked_syn_tos;
    f->scale = (path_clears_dscp(v) ? never_echoed : part) * still_true(v, p);
    return true;
}

static bool echoes_elsewhere(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct host *h = v->server_host;
    if (!h || !seen(&h->echo_tos) || !seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != 0)
        return false;
    f->packet = h->echo_tos.number;
    f->value[0] = h->echo_tos.tos;
    return true;
}

static bool rst_flow_label(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_LABEL))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->flow_label;
    f->scale = copies_syn(v) ? made_from_syn : 1;
    return v->ipv6 && !v->refusal.label_zero;
}

/* Who leaves out the class leaves out the label: one habit, counted once. */
static const float same_habit = 0.1f;
/* Some kinds that are no Linux set a label too, but not all that look like them. Judgement. */
static const float foreign_but_labels = 0.8f;

/* xnu sends back the SYN's own label. */
static bool own_stack_labels(const struct view *v)
{
    if (lacks(v, FIELD_LABEL))
        return false;
    return host_is_foreign(v) && stack_row(host_stack_kind(v))->labels && seen(v->syn) && v->syn->flow_label;
}

static bool rst_no_flow_label(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_LABEL))
        return false;
    f->packet = rst(v)->number;
    struct finding of_port = {.scale = 1};
    if (!v->ipv6 || dscp(rst(v)->tos) || !shaped_as_netfilter(v))
        return false;
    const bool left_out_class = missing_echo_part(v) > never_echoed || port_did_not_echo(v, &of_port);
    f->scale = left_out_class ? same_habit : left_out_part(v) > 0 ? 1 : own_stack_labels(v) ? foreign_but_labels : 0;
    return f->scale > 0;
}

static bool labels_elsewhere(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_LABEL))
        return false;
    const struct host *h = v->server_host;
    if (!v->ipv6 || !v->refusal.label_zero || !h || !seen(&h->echo_tos) || !h->echo_tos.flow_label)
        return false;
    f->packet = h->echo_tos.number;
    return true;
}

/* Which of the two leaves its checksum to the interface differs by family: in IPv4 netfilter does and the kernel sums
 * at once (ip_send_unicast_reply); in IPv6 the kernel does (__tcp_v6_send_check) and netfilter sums at once
 * (nf_reject_ip6_tcphdr_put). */
static bool rst_sum_firewall(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SUM))
        return false;
    f->packet = rst(v)->number;
    return !v->ipv6 && rst(v)->bits & MARK_SUM_PARTIAL;
}

static bool rst_sum_kernel_v6(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SUM))
        return false;
    f->packet = rst(v)->number;
    return v->ipv6 && rst(v)->bits & MARK_SUM_PARTIAL;
}

/* Does this host leave the checksums of its other packets to its interface, as seen here? Then a whole one says
 * something too. */
static bool host_offloads(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && h->sums_partial && !h->sums_whole;
}

static bool rst_sum_kernel(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SUM))
        return false;
    f->packet = rst(v)->number;
    return !v->ipv6 && rst(v)->bits & MARK_SUM_WHOLE && host_offloads(v);
}

static bool rst_sum_firewall_v6(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SUM))
        return false;
    f->packet = rst(v)->number;
    return v->ipv6 && rst(v)->bits & MARK_SUM_WHOLE && host_offloads(v);
}

static const struct evidence_row rows[] = {
    {"rst-echoes-tos",
     VIEW_TEST(rst_echoes_tos),
     {{CAUSE_KERNEL_RST, 4.6f}},
     "the RST carries the SYN's own TOS {0x}: the target's TCP copies it, a firewall's forged RST has 0",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; nf_reject_ipv4.c; lab"},
    {"rst-tos-zero",
     VIEW_TEST(rst_tos_zero),
     {{CAUSE_FIREWALL_RST, 4.4f}, {CAUSE_FAIL2BAN_BAN, 4.4f}},
     "the SYN (#{1}) has TOS {0x} but the RST has 0: a Linux kernel's own RST would carry the SYN's, a firewall's does "
     "not",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; nf_reject_ipv4.c; lab"},
    {"rst-tos-of-bsd",
     VIEW_TEST(rst_tos_of_bsd),
     {{CAUSE_FIREWALL_RST, 4.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "the RST has TOS 0x10 for a SYN with {0x}: BSD's pf and ipfw write that into the resets that they forge",
     "pf.c pf_send_tcp; ip_fw2.c"},
    {"rst-tos-rewritten",
     VIEW_TEST(rst_tos_rewritten),
     {{CAUSE_KERNEL_RST, 1.2f}},
     "the RST's TOS {1x} is neither the SYN's {0x} nor 0: the path rewrites it, and a kernel copied what arrived",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; judgement"},
    {"host-echoes-elsewhere",
     VIEW_TEST(echoes_elsewhere),
     {{CAUSE_FIREWALL_RST, 2.5f}, {CAUSE_FAIL2BAN_BAN, 2.5f}},
     "the same host's RST for another SYN did carry that SYN's TOS ({0x}): so the path keeps it, and this RST is not "
     "its kernel's",
     "lab"},
    {"port-echoed",
     VIEW_TEST(port_echoed),
     {{CAUSE_KERNEL_RST, 2.5f}},
     "the same port's RST for a SYN that had a TOS did carry it ({0x}): its kernel refuses",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; lab"},
    {"port-did-not-echo",
     VIEW_TEST(port_did_not_echo),
     {{CAUSE_FIREWALL_RST, 3.6f}, {CAUSE_FAIL2BAN_BAN, 3.6f}},
     "the same port's RST for a SYN that had TOS {0x} carried 0: a firewall refuses there",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; nf_reject_ipv4.c; lab"},
    {"rst-flow-label",
     VIEW_TEST(rst_flow_label),
     {{CAUSE_KERNEL_RST, 3.0f}},
     "the RST has an IPv6 flow label: the target's TCP sets one, netfilter's forged RST has none",
     "net/ipv6/tcp_ipv6.c tcp_v6_send_response; nf_reject_ipv6.c; lab"},
    {"rst-no-flow-label",
     VIEW_TEST(rst_no_flow_label),
     {{CAUSE_FIREWALL_RST, 2.3f}, {CAUSE_FAIL2BAN_BAN, 2.3f}},
     "the RST has no IPv6 flow label: netfilter's forged RST has none, a Linux kernel's own has one",
     "net/ipv6/tcp_ipv6.c tcp_v6_send_response; nf_reject_ipv6.c; lab"},
    {"labels-elsewhere",
     VIEW_TEST(labels_elsewhere),
     {{CAUSE_FIREWALL_RST, 3.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "the same host's own RST for another SYN has an IPv6 flow label: so its kernel sets one, and did not send this "
     "RST",
     "net/ipv6/tcp_ipv6.c tcp_v6_send_response; lab"},
    {"rst-sum-partial",
     VIEW_TEST(rst_sum_firewall),
     {{CAUSE_FIREWALL_RST, 4.0f}, {CAUSE_FAIL2BAN_BAN, 4.0f}},
     "the RST's TCP checksum was left for the network interface to finish: netfilter does that, the kernel's own RST "
     "is summed at once",
     "nf_reject_ipv4.c nf_reject_ip_tcphdr_put; ip_output.c ip_send_unicast_reply; lab"},
    {"rst-sum-partial-v6",
     VIEW_TEST(rst_sum_kernel_v6),
     {{CAUSE_KERNEL_RST, 3.5f}},
     "the RST's TCP checksum was left for the network interface to finish: in IPv6 the kernel does that, netfilter's "
     "RST is summed at once",
     "net/ipv6/tcp_ipv6.c tcp_v6_send_response; nf_reject_ipv6.c nf_reject_ip6_tcphdr_put; lab"},
    {"rst-sum-whole",
     VIEW_TEST(rst_sum_kernel),
     {{CAUSE_KERNEL_RST, 2.5f}},
     "the RST's TCP checksum is whole although this host leaves those of its SYN-ACKs to its interface: so its kernel "
     "made the RST",
     "ip_output.c ip_send_unicast_reply; lab"},
    {"rst-sum-whole-v6",
     VIEW_TEST(rst_sum_firewall_v6),
     {{CAUSE_FIREWALL_RST, 2.5f}, {CAUSE_FAIL2BAN_BAN, 2.5f}},
     "the RST's TCP checksum is whole although this host leaves those of its SYN-ACKs to its interface: netfilter made "
     "the RST",
     "nf_reject_ipv6.c nf_reject_ip6_tcphdr_put; lab"},
};

const struct evidence_rows refused_marks = EVIDENCE_ROWS(rows);
