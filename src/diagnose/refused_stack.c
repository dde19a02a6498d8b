/* Does a RST that answers a SYN fit the host's own TCP stack? Where it does, and a firewall writes its own otherwise,
 * the host sent it. */
#include "refused.h"
#include "scan.h"

enum { STARTS_64 = 64 };

/* A SYN-ACK for the same SYN: then the RST was not the host's. */
static bool accepted_after_all(const struct view *v)
{
    return seen(&v->answer->synack) && !(v->attempt->facts & FACT_SYN_AGAIN);
}

/* The weight's part where nothing but a TTL that began with 255 tells: boxes of some vendors forge with that, too
 * (facts.md 1.8). Judgement. */
static const float may_be_a_box = 0.6f;

/* One of the two hands is a firewall's, and either may be. */
static const float two_hands = 0.2f; /* Judgement. */

static bool is_as_far_or_lower(const struct view *v, const struct port_reply *r)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return r->ttl == rst(v)->ttl || ttl_start(r->ttl) < ttl_start(rst(v)->ttl);
}

/* A RST of another port is as netfilter or a Linux kernel writes it: from as far away, or from another kind of sender.
 */
static bool other_port_is_plain(const struct view *v)
{
    if (lacks(v, FIELD_TOS | FIELD_WINDOW | FIELD_DF | FIELD_IP_ID | FIELD_LABEL))
        return false;
    const struct host *h = v->server_host;
    for (int i = 0; h && i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        const struct port_reply *r = &p->reply;
        if (p->state == PORT_REFUSES && p->port != v->attempt->key.server_port && r->number &&
            is_as_far_or_lower(v, r) && !r->window && !dscp(r->tos) && r->label_zero &&
            (v->ipv6 || (r->df && !r->ip_id)))
            return true;
    }
    return false;
}

/* Where DSCP is lost on the way, the RSTs of ipfw and of OpenBSD's pf look like a BSD kernel's. */
static bool may_be_bsd_unmarked(const struct view *v)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_WINDOW))
        return false;
    return !v->ipv6 && path_clears_dscp(v) && ttl_start(rst(v)->ttl) <= STARTS_64 && !rst(v)->window &&
           stack_row(host_stack_kind(v))->may_run_pf;
}

/* Of a SYN with which no login was meant nobody asks who refused it. */
static bool rst_unlike_netfilter(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_WINDOW | FIELD_OPTIONS | FIELD_DF | FIELD_IP_ID | FIELD_LABEL))
        return false;
    f->word = unlike_netfilter(v);
    if (!f->word || has_bsd_tos(v) || dscp(rst(v)->tos) || copies_syn(v) || from_elsewhere(v) || syn_only_looks(v) ||
        host_stack_kind(v) == STACK_LINUX || (v->ipv6 && !v->refusal.label_zero) || may_be_bsd_unmarked(v) ||
        accepted_after_all(v))
        return false;
    f->packet = rst(v)->number;
    const bool as_box = ttl_start(rst(v)->ttl) == 255 && !rst(v)->window && !host_is_foreign(v);
    f->scale = other_port_is_plain(v) ? two_hands : as_box ? may_be_a_box : 1;
    return true;
}

/* The weight's part where nothing shows that DSCP arrives: what is 0 here may have been pf's 0x10. Judgement. */
static const float perhaps_cleared = 0.45f;

/* pf and ipfw run on BSDs alone, and netfilter on Linux alone: on other hosts nothing forges a RST but the path. Over
 * IPv6 pf's RST is like that of its own kernel. */
static bool rst_of_own_stack(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_WINDOW | FIELD_OPTIONS | FIELD_DF | FIELD_IP_ID | FIELD_LABEL))
        return false;
    uint64_t number = 0;
    const enum stack stack = host_stack(v, &number);
    if (stack == STACK_UNKNOWN || stack == STACK_LINUX || !host_mark(v) || from_elsewhere(v) || copies_syn(v) ||
        accepted_after_all(v))
        return false;
    /* Where DSCP is lost, pf's 0x10 is. */
    const bool unmarked = v->ipv6 ? v->refusal.label_zero : path_clears_dscp(v);
    if (has_bsd_tos(v) || (unmarked && stack_row(stack)->may_run_pf && ttl_start(rst(v)->ttl) <= STARTS_64))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = number;
    f->word = stack_row(stack)->name;
    f->scale = stack_row(stack)->may_run_pf && !v->ipv6 && !keeps_dscp(v) ? perhaps_cleared : 1;
    return true;
}

/* A counter has gone on from one packet to the other, in the order of time. */
static bool counts_on(uint16_t id, int64_t id_us, uint16_t rst_id, int64_t rst_us)
{
    return id && (rst_us >= id_us ? ip_id_counts_on(id, rst_id) : ip_id_counts_on(rst_id, id));
}

static bool rst_id_goes_on(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    const struct mark *own = host_mark(v);
    if (!h || v->ipv6 || v->refusal.id_zero || has_bsd_tos(v) || copies_syn(v) || from_elsewhere(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ip_id;
    if (own && counts_on(own->ip_id, own->ts_us, rst(v)->ip_id, rst(v)->ts_us)) {
        f->value[1] = own->number;
        return true;
    }
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_reply *r = &h->ports[i].reply;
        const int64_t before_or_after = r->number < rst(v)->number ? 0 : INT64_MAX;
        if (r->number && h->ports[i].port != v->attempt->key.server_port && r->ttl == rst(v)->ttl &&
            counts_on(r->ip_id, before_or_after, rst(v)->ip_id, rst(v)->ts_us)) {
            f->value[1] = r->number;
            return true;
        }
    }
    return false;
}

static bool rst_window_of_stack(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_WINDOW | FIELD_TTL))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->window;
    /* Of a host of which nothing is known, the window and the rest of the RST are one sign: of no netfilter. */
    struct finding of_shape = {.scale = 1};
    if (host_stack_kind(v) == STACK_UNKNOWN && !from_user_mode_nat(v) && rst_unlike_netfilter(v, &of_shape))
        return false;
    return rst(v)->window && !copies_syn(v) && !from_elsewhere(v) && host_stack_kind(v) != STACK_LINUX &&
           !accepted_after_all(v) && !syn_only_looks(v);
}

static bool rst_window_forged(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_WINDOW))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->window;
    return rst(v)->window && !copies_syn(v) && host_stack_kind(v) == STACK_LINUX;
}

static bool rst_copies_window(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_WINDOW))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->window;
    f->value[1] = v->attempt->syn.number;
    return copies_syn(v) && rst(v)->window && rst(v)->window == v->syn->window;
}

static bool rst_copies_ip_id(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ip_id;
    f->value[1] = v->attempt->syn.number;
    return seen(v->syn) && !v->refusal.id_zero && v->refusal.id_of_syn;
}

/* Kernels of Linux before 4.x count the IDs of their RSTs, but copy the TOS. */
static const float may_be_old = 0.5f; /* where the SYN had none to copy; judgement */

static bool rst_linux_like_but_id(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TOS))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ip_id;
    if (v->ipv6 || v->refusal.id_zero || host_stack_kind(v) != STACK_LINUX)
        return false;
    f->scale = seen(v->syn) && dscp(v->syn->tos) ? 1 : may_be_old;
    return !dscp(rst(v)->tos) && !path_clears_dscp(v);
}

/* ---- TOS 0x10 in IPv4 ---- */

static bool rst_lacks_df(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_DF))
        return false;
    f->packet = rst(v)->number;
    /* xnu turns the SYN's own header round: without DF there, none in the RST. */
    return has_bsd_tos(v) && !(rst(v)->bits & MARK_DF) && seen(v->syn) && v->syn->bits & MARK_DF;
}

static bool tos_of_either(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TOS | FIELD_DF | FIELD_TTL))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = v->attempt->syn.number;
    return bsd_tos_was_asked(v) && rst(v)->bits & MARK_DF && host_stack_kind(v) == STACK_UNKNOWN &&
           !from_elsewhere(v) &&
           !(v->server_host && seen(&v->server_host->echo_tos) && v->server_host->echo_tos.ttl == rst(v)->ttl);
}

static bool rst_tos_of_either(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TOS))
        return false;
    return tos_of_either(v, f) && v->refusal.id_zero;
}

static bool rst_tos_with_id(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_IP_ID | FIELD_TOS))
        return false;
    return tos_of_either(v, f) && !v->refusal.id_zero && !v->refusal.id_of_syn;
}

/* ---- The host's RSTs from other ports ---- */

/* Written by another hand: one has what firewalls leave out, an ID, a window, a flow label, or lacks DF. */
static bool is_of_another_hand(const struct view *v, const struct port_reply *r)
{
    if (lacks(v, FIELD_TTL | FIELD_WINDOW | FIELD_DF | FIELD_IP_ID | FIELD_LABEL))
        return false;
    if (ttl_start(r->ttl) > ttl_start(rst(v)->ttl))
        return true;
    if (r->ttl != rst(v)->ttl)
        return false;
    if (v->ipv6)
        return !r->label_zero || r->window;
    return r->window || !r->df || (r->ip_id && r->df && v->refusal.id_zero);
}

static bool rst_unlike_other_ports(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS))
        return false;
    const struct host *h = v->server_host;
    const bool firewall_shape = shaped_as_netfilter(v) && (!dscp(rst(v)->tos) || has_bsd_tos(v));
    for (int i = 0; h && firewall_shape && i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        const bool bsd = !v->ipv6 && p->reply.tos == TOS_LOWDELAY;
        if (p->state == PORT_REFUSES && p->port != v->attempt->key.server_port && p->reply.number && !bsd &&
            is_of_another_hand(v, &p->reply)) {
            f->packet = p->reply.number;
            f->value[0] = p->port;
            return true;
        }
    }
    return false;
}

/* Another closed port of a host that is no Linux left the TOS at 0. */
static const struct port_reply *zero_elsewhere(const struct view *v)
{
    const struct host *h = v->server_host;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        if (p->state == PORT_REFUSES && p->port != v->attempt->key.server_port && dscp(p->syn_tos) &&
            !dscp(p->reply.tos) && p->reply.number && p->reply.ttl == rst(v)->ttl)
            return &p->reply;
    }
    return NULL;
}

/* pf writes another TTL than 64 only where a rule says so. Judgement. */
static const float ttl_of_a_rule = 0.4f;

static bool rst_tos_not_hosts(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS))
        return false;
    uint64_t number = 0;
    const enum stack stack = host_stack(v, &number);
    if (!bsd_tos_was_asked(v) || stack == STACK_UNKNOWN || stack == STACK_LINUX)
        return false;
    const struct port_reply *zero = zero_elsewhere(v);
    if (stack_row(stack)->tos != TOS_ZERO && !zero)
        return false;
    f->packet = rst(v)->number;
    f->value[0] = zero ? zero->number : number;
    f->word = stack_row(stack)->name;
    f->scale = ttl_start(rst(v)->ttl) > STARTS_64 ? ttl_of_a_rule : 1;
    return true;
}

static bool beyond_nat(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_WINDOW))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->window;
    f->value[1] = rst(v)->ttl;
    return from_user_mode_nat(v);
}

static const struct evidence_row rows[] = {
    {"rst-unlike-netfilter",
     VIEW_TEST(rst_unlike_netfilter),
     {{CAUSE_KERNEL_RST, 0.8f}},
     "the RST is not as netfilter writes it: {w}; so its TOS 0 is another stack's own",
     "nf_reject_ipv4.c, nf_reject_ipv6.c; nmap-os-db, test T5"},
    {"rst-of-own-stack",
     VIEW_TEST(rst_of_own_stack),
     {{CAUSE_KERNEL_RST, 2.0f}},
     "the host is no Linux (#{0}: {w}), and the RST comes from as far away: no netfilter can run there",
     "nmap-os-db, tests OPS and T5"},
    {"rst-id-goes-on",
     VIEW_TEST(rst_id_goes_on),
     {{CAUSE_KERNEL_RST, 3.0f}},
     "the RST's IP ID {0} goes on with the host's own count (#{1}): the same machine wrote both",
     "nmap-os-db, test CI; lab"},
    {"rst-window-of-stack",
     VIEW_TEST(rst_window_of_stack),
     {{CAUSE_KERNEL_RST, 0.5f}},
     "the RST has a window of {0}, as embedded and user-mode stacks write it; netfilter, pf and ipfw write 0",
     "nmap-os-db, test T5; lab: lwIP, libslirp, VMware"},
    {"rst-window",
     VIEW_TEST(rst_window_forged),
     {{CAUSE_FIREWALL_RST, 1.6f}},
     "the RST has a window of {0}: this host's Linux sends 0 from a closed port",
     "nmap-os-db, test T5"},
    {"rst-copies-window",
     VIEW_TEST(rst_copies_window),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "the RST has the SYN's own window {0} (#{1}): it was made from the SYN on its way",
     "public captures of injected resets; nmap-os-db, test T5"},
    {"rst-copies-ip-id",
     VIEW_TEST(rst_copies_ip_id),
     {{CAUSE_FIREWALL_RST, 5.0f}},
     "the RST has the SYN's own IP ID {0} (#{1}): it was made from the SYN on its way",
     "public captures of injected resets"},
    {"rst-ip-id",
     VIEW_TEST(rst_linux_like_but_id),
     {{CAUSE_FIREWALL_RST, 2.0f}},
     "the RST has IP ID {0}, but this host's Linux sends 0",
     "net/ipv4/ip_output.c; lab"},
    {"rst-lacks-df",
     VIEW_TEST(rst_lacks_df),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "the RST has TOS 0x10 and no DF although the SYN had DF: BSD's ipfw writes that, and no kernel",
     "ip_fw2.c ipfw_send_pkt"},
    {"rst-tos-of-either",
     VIEW_TEST(rst_tos_of_either),
     {{CAUSE_KERNEL_RST, 0.03f}},
     "the RST has TOS 0x10, as the SYN (#{0}): Linux copies it, but BSD's pf writes this very value by itself, so it "
     "tells little",
     "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; pf.c pf_send_tcp"},
    {"rst-tos-with-id",
     VIEW_TEST(rst_tos_with_id),
     {{CAUSE_FIREWALL_RST, 1.0f}},
     "the RST has TOS 0x10, as the SYN (#{0}), and an IP ID: OpenBSD's pf writes that, and kernels of Linux that are "
     "older than most",
     "OpenBSD pf.c; nmap-os-db, test CI"},
    {"rst-unlike-other-ports",
     VIEW_TEST(rst_unlike_other_ports),
     {{CAUSE_FIREWALL_RST, 2.5f}, {CAUSE_FAIL2BAN_BAN, 2.0f}},
     "the RST is written as firewalls write it, and the host's RST from port {0} is not: two hands wrote them",
     "nf_reject_ipv4.c, nf_reject_ipv6.c; pf.c; nmap-os-db, test T5"},
    {"rst-tos-not-hosts",
     VIEW_TEST(rst_tos_not_hosts),
     {{CAUSE_FIREWALL_RST, 3.2f}},
     "the RST has TOS 0x10, but this host (#{0}: {w}) leaves the TOS of its own at 0: BSD's pf writes 0x10",
     "pf.c pf_send_tcp; OpenBSD, FreeBSD tcp_subr.c tcp_respond"},
    {"beyond-nat",
     VIEW_TEST(beyond_nat),
     /* Whoever is behind such a NAT asks by himself: what he learns is that he was refused. */
     {{CAUSE_KERNEL_RST, 2.0f}, {CAUSE_SCAN, -16.0f}},
     "the RST is a user-mode NAT's own (window {0}, TTL {1}, no DF): what it translates was refused beyond it",
     "lab: libslirp 4.7, VMware's NAT"},
};

const struct evidence_rows refused_stack = EVIDENCE_ROWS(rows);
