/* A RST answers the SYN: whose was it? */
#include "refused.h"

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

/* Only the host's other packets count: a SYN-ACK that follows this very RST is weighed in its own row. */
static const struct mark *host_mark(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && h->own_packets && h->own.number != rst(v)->number ? &h->own : NULL;
}

static bool rst_ttl_differs(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    const struct mark *own = host_mark(v);
    unsigned ttl = refusal_ttl(v);
    if (!own || (ttl >= h->own_ttl_min && ttl <= h->own_ttl_max))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = ttl;
    f->value[1] = own->ttl;
    f->value[2] = own->number;
    f->scale = ttl_gap_part(ttl, own->ttl);
    return true;
}

static bool rst_nearer(const struct view *v, struct finding *f)
{
    const struct port_reply *further = further_refusal(v);
    if (!further || host_mark(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ttl;
    f->value[1] = further->ttl;
    f->value[2] = further->number;
    return true;
}

/* Some routers write a TTL of their own into all that they forward; one that is itself the sender answers at once. */
static const float full_but_late = 0.2f; /* Judgement. */

static bool rst_full_ttl(const struct view *v, struct finding *f)
{
    enum { NEAR_US = 15000 };
    if (!full_ttl_from_afar(v, rst(v)->ttl))
        return false;
    int64_t delay = reply_delay_us(v, rst(v)->ts_us);
    f->scale = delay >= 0 && delay < NEAR_US ? 1 : full_but_late;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ttl;
    f->value[1] = v->server_host->router_number;
    return true;
}

static bool rst_ttl_same(const struct view *v, struct finding *f)
{
    const struct mark *own = host_mark(v);
    if (!own || own->ttl != refusal_ttl(v))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = own->ttl;
    f->value[1] = own->number;
    return true;
}

static bool rst_too_fast(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    int64_t delay = reply_delay_us(v, rst(v)->ts_us);
    if (!h || h->rtt_us < 4000 || h->rtt_samples < 3 || !seen(v->syn) || delay < 0 ||
        delay * 10 > (int64_t)h->rtt_us * 7)
        return false;
    f->packet = rst(v)->number;
    f->value[0] = (uint64_t)delay;
    f->value[1] = h->rtt_us;
    f->value[2] = h->rtt_number;
    return true;
}

static bool rst_other_mac(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    if (!(rst(v)->bits & MARK_MAC) || !h || !h->macs_used || h->more_macs)
        return false;
    for (int i = 0; i < h->macs_used; i++)
        if (memcmp(h->macs[i], rst(v)->mac, 6) == 0)
            return false;
    f->packet = rst(v)->number;
    f->value[0] = own_mark(v) ? own_mark(v)->number : 0;
    return true;
}

static bool rst_on_loopback(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return refusal_on_loopback(v);
}

static bool synack_follows(const struct view *v, struct finding *f)
{
    const struct mark *synack = &v->answer->synack;
    if (!seen(synack) || synack->ts_us < rst(v)->ts_us || v->attempt->facts & FACT_SYN_AGAIN)
        return false;
    f->packet = synack->number;
    f->value[0] = rst(v)->number;
    return true;
}

static bool several_rsts(const struct view *v, struct finding *f)
{
    f->packet = v->answer->refusal_other.number;
    f->value[0] = rst(v)->number;
    return seen(&v->answer->refusal_other);
}

static bool rst_repeated(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = v->answer->refusals;
    return v->answer->refusals > 1 && !seen(&v->answer->refusal_other) && v->attempt->syns == 1;
}

static bool rst_odd_sequence(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return rst(v)->seq != 0 && rst(v)->flags & TCP_ACK;
}

static bool rst_without_ack(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return !(rst(v)->flags & TCP_ACK);
}

static bool rst_has_options(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return rst(v)->bits & MARK_OPTIONS;
}

static bool rst_window(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->window;
    return rst(v)->window != 0;
}

static bool rst_copies_ip_id(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ip_id;
    f->value[1] = v->attempt->syn.number;
    return seen(v->syn) && v->syn->ip_id != 0 && rst(v)->ip_id == v->syn->ip_id;
}

/* Linux answers with IP ID 0 and DF set, netfilter too; another ID is another stack, or a forger's tool. */
static bool rst_linux_like_but_id(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->ip_id;
    const struct host *h = v->server_host;
    bool host_is_linux = h && h->own_packets && h->own_is_synack && h->own.ip_id == 0 && h->own.bits & MARK_DF;
    return !v->ipv6 && rst(v)->ip_id != 0 && host_is_linux;
}

static bool failed_before(const struct view *v, struct finding *f)
{
    f->value[0] = v->history->failed_logins;
    f->scale = ban_history(v);
    return f->scale > 0;
}

static const struct evidence_row rows[] = {
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
    {"rst-ttl-differs",
     VIEW_TEST(rst_ttl_differs),
     {{CAUSE_FIREWALL_RST, 4.2f}},
     "the RST arrived with TTL {0}, the host's own packets (#{2}) with {1}: another machine sent it in the host's name",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"rst-nearer",
     VIEW_TEST(rst_nearer),
     {{CAUSE_FIREWALL_RST, 2.5f}},
     "the RST arrived with TTL {0}, the host's RST for another port (#{2}) with {1}: what sent this one is nearer",
     "nf_reject_ipv4.c; lab"},
    {"rst-full-ttl",
     VIEW_TEST(rst_full_ttl),
     {{CAUSE_FIREWALL_RST, 2.5f}},
     "the RST arrived with a full TTL ({0}) although the target is behind a router (#{1}): the router sent it, or "
     "something before it",
     "RFC 791 section 3.2; nf_reject_ipv4.c; lab"},
    {"rst-ttl-same",
     VIEW_TEST(rst_ttl_same),
     {{CAUSE_KERNEL_RST, 0.3f}, {CAUSE_FAIL2BAN_BAN, 0.4f}},
     "the RST arrived with TTL {0}, as the host's own packets (#{1}) do",
     "lab"},
    {"rst-too-fast",
     VIEW_TEST(rst_too_fast),
     {{CAUSE_FIREWALL_RST, 3.7f}},
     "the RST came {0t} after the SYN, but the host is {1t} away (#{2}): something nearer sent it",
     "lab"},
    {"rst-other-mac",
     VIEW_TEST(rst_other_mac),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "the RST came from another MAC address than every other packet of this host",
     "public captures of forged resets; lab"},
    {"rst-on-loopback",
     VIEW_TEST(rst_on_loopback),
     {{CAUSE_FIREWALL_RST, 6.0f}},
     "the RST came over the client's own loopback and no SYN left: a rule in the client's output chain",
     "nf_reject_ipv4.c nf_send_reset; lab"},
    {"synack-follows",
     VIEW_TEST(synack_follows),
     {{CAUSE_FIREWALL_RST, 5.0f}},
     "a SYN-ACK follows the RST (#{0}): the host accepts, so somebody else sent the RST",
     "RFC 9293 section 3.10.7.2; lab"},
    {"several-rsts",
     VIEW_TEST(several_rsts),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "a second RST that differs from #{0} answers the same SYN: a kernel sends one",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"rst-repeated",
     VIEW_TEST(rst_repeated),
     {{CAUSE_FIREWALL_RST, 2.0f}},
     "{0} RSTs answer one SYN: a kernel sends one",
     "lab"},
    {"rst-odd-sequence",
     VIEW_TEST(rst_odd_sequence),
     {{CAUSE_FIREWALL_RST, 3.0f}},
     "the RST's sequence number is not 0, which RFC 9293 wants in the answer to a SYN",
     "RFC 9293 section 3.10.7.1"},
    {"rst-without-ack",
     VIEW_TEST(rst_without_ack),
     {{CAUSE_FIREWALL_RST, 3.0f}},
     "the RST acknowledges nothing, but the answer to a SYN must: a kernel did not send it",
     "RFC 9293 section 3.10.7.1"},
    {"rst-has-options",
     VIEW_TEST(rst_has_options),
     {{CAUSE_FIREWALL_RST, 2.0f}},
     "the RST carries TCP options: a closed port's has none",
     "nmap-os-db, test T5"},
    {"rst-window",
     VIEW_TEST(rst_window),
     {{CAUSE_FIREWALL_RST, 1.6f}},
     "the RST has a window of {0}: the usual stacks send 0 from a closed port",
     "nmap-os-db, test T5"},
    {"rst-copies-ip-id",
     VIEW_TEST(rst_copies_ip_id),
     {{CAUSE_FIREWALL_RST, 3.0f}},
     "the RST has the SYN's own IP ID {0} (#{1}): it was made from the SYN on its way",
     "public captures of injected resets"},
    {"rst-ip-id",
     VIEW_TEST(rst_linux_like_but_id),
     {{CAUSE_FIREWALL_RST, 2.0f}},
     "the RST has IP ID {0}, but this host's Linux sends 0",
     "net/ipv4/ip_output.c; lab"},
    {"failed-before",
     VIEW_TEST(failed_before),
     {{CAUSE_FAIL2BAN_BAN, 4.8f}},
     "this client was let in before and failed to log in (connections that ended so: {0}): a ban follows such a "
     "history",
     "fail2ban jail.conf maxretry; lab"},
};

static const struct evidence_rows of_refusals = EVIDENCE_ROWS(rows);

/* Priors: judgement. Of refused SSH ports, most are closed: nothing listens there. */
const struct evidence_table stage_refused = {
    {{CAUSE_KERNEL_RST, 0.78f}, {CAUSE_FIREWALL_RST, 0.21f}, {CAUSE_FAIL2BAN_BAN, 0.01f}},
    {&refused_marks, &of_refusals},
};
