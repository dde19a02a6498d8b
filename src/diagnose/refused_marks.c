/* What a RST's TOS, flow label and checksum say of its sender.
 *
 * The kernel copies the SYN's TOS into its RST (tcp_v4_send_reset: arg.tos = ip_hdr(skb)->tos; v6 takes the traffic
 * class and a flow label); netfilter builds its own with TOS 0, flow label 0 and a checksum left to the interface
 * (nf_reject_ipv4.c, _ipv6.c). */
#include "refused.h"

#include <stdlib.h>

/* pf's return-rst and ipfw's reset write 0x10 themselves, so a SYN that carries 0x10 cannot tell an echo from theirs.
 */
enum { TOS_LOWDELAY = 0x10 };

/* A Linux listener's SYN-ACK has DSCP 0; one with the RST's own value comes from a host, or over a path, that marks
 * all it sends. */
static bool marks_everything(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && dscp(h->synack_tos) && dscp(h->synack_tos) == dscp(rst(v)->tos);
}

/* The part of an echo's weight that counts where the value may not be a copy. Judgement. */
static const float marked_anyway = 0.35f; /* the host marks all that it sends */
static const float as_bsd_writes = 0.75f; /* pf and ipfw write this very value: pf.c pf_send_tcp; ip_fw2.c */

static bool rst_echoes_tos(const struct view *v, struct finding *f)
{
    if (!seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != dscp(v->syn->tos))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->tos;
    f->value[1] = v->attempt->syn.number;
    f->scale = marks_everything(v) ? marked_anyway : v->syn->tos == TOS_LOWDELAY && !v->ipv6 ? as_bsd_writes : 1;
    return true;
}

/* The part of a missing echo's weight that counts where this host, or its kind, was never seen to echo. Judgement. */
static const float never_echoed = 0.15f, windows_never_echoes = 0.3f;

/* A TTL that began at 128 (nmap-os-db, test T5). */
static bool is_like_windows(const struct view *v)
{
    return ttl_start(rst(v)->ttl) == 128;
}

/* Does anything show that DSCP does not survive this path, or that this host's kernel does not echo it? */
static bool host_never_echoes(const struct view *v)
{
    const struct host *h = v->server_host;
    if (!h || h->echoing_rsts || h->marked_data)
        return false;
    if (h->openssh_session_data >= 2)
        return true;
    unsigned other_ports = 0;
    for (int i = 0; i < h->ports_used; i++)
        if (h->ports[i].state == PORT_REFUSES && h->ports[i].port != v->attempt->key.server_port &&
            dscp(h->ports[i].syn_tos) && dscp(h->ports[i].reply.tos) == 0)
            other_ports++;
    return other_ports >= 2;
}

static bool rst_tos_zero(const struct view *v, struct finding *f)
{
    if (!seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != 0)
        return false;
    f->packet = rst(v)->number;
    f->value[0] = v->syn->tos;
    f->value[1] = v->attempt->syn.number;
    if (host_never_echoes(v))
        f->scale = never_echoed;
    else if (is_like_windows(v))
        f->scale = windows_never_echoes;
    return true;
}

static bool tos_changed(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = v->syn->tos;
    f->value[1] = rst(v)->tos;
    return seen(v->syn) && dscp(rst(v)->tos) != 0 && dscp(rst(v)->tos) != dscp(v->syn->tos);
}

static bool rst_tos_of_bsd(const struct view *v, struct finding *f)
{
    return tos_changed(v, f) && rst(v)->tos == TOS_LOWDELAY;
}

/* A path that rewrites DSCP gives the host another value to copy; a forged RST has nothing to copy. */
static bool rst_tos_rewritten(const struct view *v, struct finding *f)
{
    return tos_changed(v, f) && rst(v)->tos != TOS_LOWDELAY && !marks_everything(v);
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
    const struct port_fact *p = marked_neighbour(v);
    if (!p || dscp(p->marked_rst_tos) != dscp(p->marked_syn_tos))
        return false;
    f->packet = p->marked_number;
    f->value[0] = p->marked_rst_tos;
    f->scale = (marks_everything(v) ? marked_anyway : 1) * still_true(v, p);
    return true;
}

static bool port_did_not_echo(const struct view *v, struct finding *f)
{
    const struct port_fact *p = marked_neighbour(v);
    if (!p || dscp(p->marked_rst_tos) != 0)
        return false;
    f->packet = p->marked_number;
    f->value[0] = p->marked_syn_tos;
    f->scale = (host_never_echoes(v) || is_like_windows(v) ? never_echoed : 1) * still_true(v, p);
    return true;
}

static bool echoes_elsewhere(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    if (!h || !h->echoing_rsts || !seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != 0)
        return false;
    f->packet = h->echo_tos.number;
    f->value[0] = h->echo_tos.tos;
    return true;
}

static bool rst_flow_label(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->flow_label;
    return v->ipv6 && !v->refusal.label_zero;
}

static bool rst_no_flow_label(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return v->ipv6 && v->refusal.label_zero;
}

static bool labels_elsewhere(const struct view *v, struct finding *f)
{
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
    f->packet = rst(v)->number;
    return !v->ipv6 && rst(v)->bits & MARK_SUM_PARTIAL;
}

static bool rst_sum_kernel_v6(const struct view *v, struct finding *f)
{
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
    f->packet = rst(v)->number;
    return !v->ipv6 && rst(v)->bits & MARK_SUM_WHOLE && host_offloads(v);
}

static bool rst_sum_firewall_v6(const struct view *v, struct finding *f)
{
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
     {{CAUSE_FIREWALL_RST, 4.0f}, {CAUSE_FAIL2BAN_BAN, 4.0f}},
     "the SYN (#{1}) has TOS {0x} but the RST has 0: a Linux kernel's own RST would carry the SYN's, a firewall's does "
     "not",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; nf_reject_ipv4.c; lab"},
    {"rst-tos-of-bsd",
     VIEW_TEST(rst_tos_of_bsd),
     {{CAUSE_FIREWALL_RST, 1.5f}, {CAUSE_FAIL2BAN_BAN, 1.0f}},
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
     {{CAUSE_FIREWALL_RST, 3.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
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
