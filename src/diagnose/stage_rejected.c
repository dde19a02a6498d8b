/* An ICMP error answers the SYN. Its type and code name the cause; history tells a ban from a plain rule. */
#include "identity.h"
#include "local.h"
#include "scan.h"
#include "unread_logins.h"

static const struct icmp_mark *icmp(const struct view *v)
{
    return &v->answer->icmp;
}

/* Type and code to cause, and the words for it. RFC 792, 1812, 4443; the border lines of the contract. */
static const struct meaning {
    uint8_t version, type, code;
    enum cause cause;
    const char *words;
} meanings[] = {
    {4, 3, 0, CAUSE_NETWORK_UNREACHABLE, "network unreachable (3/0)"},
    {4, 3, 1, CAUSE_HOST_UNREACHABLE, "host unreachable (3/1)"},
    {4, 3, 2, CAUSE_FIREWALL_ICMP, "protocol unreachable (3/2)"},
    {4, 3, 3, CAUSE_FIREWALL_ICMP, "port unreachable (3/3), the default of iptables and nft REJECT, and of fail2ban"},
    {4, 3, 9, CAUSE_FIREWALL_ICMP, "network prohibited (3/9)"},
    {4, 3, 10, CAUSE_FIREWALL_ICMP, "host prohibited (3/10)"},
    {4, 3, 13, CAUSE_FIREWALL_ICMP,
     "administratively prohibited (3/13), the default of firewalld, Cisco ACLs and prohibit routes"},
    {4, 11, 0, CAUSE_ROUTING_LOOP, "time to live exceeded (11/0)"},
    {6, 1, 0, CAUSE_NETWORK_UNREACHABLE, "no route to destination (v6 1/0)"},
    {6, 1, 1, CAUSE_FIREWALL_ICMP,
     "administratively prohibited (v6 1/1), the default of firewalld and prohibit routes"},
    {6, 1, 3, CAUSE_HOST_UNREACHABLE, "address unreachable (v6 1/3)"},
    {6, 1, 4, CAUSE_FIREWALL_ICMP,
     "port unreachable (v6 1/4), the default of ip6tables and nft REJECT, and of fail2ban"},
    {6, 1, 5, CAUSE_FIREWALL_ICMP, "source address failed policy (v6 1/5)"},
    {6, 1, 6, CAUSE_FIREWALL_ICMP, "reject route (v6 1/6)"},
    {6, 3, 0, CAUSE_ROUTING_LOOP, "hop limit exceeded (v6 3/0)"},
};

static const struct meaning *meaning_of(const struct icmp_mark *mark)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct meaning *m = &meanings[i];
        if (m->version == mark->version && m->type == mark->type && m->code == mark->code)
            return m;
    }
    return NULL;
}

static bool says(const struct view *v, struct finding *f, enum cause cause)
{
    const struct meaning *meaning = meaning_of(icmp(v));
    f->packet = icmp(v)->number;
    f->address = &icmp(v)->sender;
    f->word = meaning ? meaning->words : "an ICMP error";
    f->value[0] = icmp(v)->type;
    f->value[1] = icmp(v)->code;
    return (meaning ? meaning->cause : CAUSE_FIREWALL_ICMP) == cause;
}

static bool says_network(const struct view *v, struct finding *f)
{
    return says(v, f, CAUSE_NETWORK_UNREACHABLE);
}

static bool says_host(const struct view *v, struct finding *f)
{
    return says(v, f, CAUSE_HOST_UNREACHABLE);
}

static bool says_loop(const struct view *v, struct finding *f)
{
    return says(v, f, CAUSE_ROUTING_LOOP);
}

static bool says_rule(const struct view *v, struct finding *f)
{
    return says(v, f, CAUSE_FIREWALL_ICMP);
}

static bool by_target(const struct view *v)
{
    return address_equal(&icmp(v)->sender, &v->attempt->key.server);
}

/* fail2ban's rules stand on the server, or on a firewall before it that it steers. Judgement. */
static const float banned_by_another = 0.7f;

static bool failed_before(const struct view *v, struct finding *f)
{
    f->value[0] = v->history->failed_logins;
    f->scale = (by_target(v) ? 1 : banned_by_another) * ban_history(v);
    return f->scale > 0;
}

static bool port_reject(const struct view *v, struct finding *f)
{
    f->packet = icmp(v)->number;
    bool port = v->ipv6 ? icmp(v)->type == 1 && icmp(v)->code == 4 : icmp(v)->type == 3 && icmp(v)->code == 3;
    return port && by_target(v);
}

static bool others_get_in(const struct view *v, struct finding *f)
{
    f->value[0] = v->load->bannered_others;
    return v->load->bannered_others > 0 && by_target(v);
}

static bool late_burst(const struct view *v, struct finding *f)
{
    f->packet = icmp(v)->number;
    f->address = &icmp(v)->sender;
    f->value[0] = (uint64_t)(icmp(v)->ts_us - v->syn->ts_us);
    f->value[1] = icmp(v)->count;
    return seen(v->syn) && icmp(v)->ts_us - v->syn->ts_us > 900000;
}

static const struct evidence_row rows[] = {
    {"icmp-network",
     VIEW_TEST(says_network),
     {{CAUSE_NETWORK_UNREACHABLE, 5.0f}},
     "{a} answered the SYN with {w}",
     "RFC 792; RFC 4443"},
    {"icmp-host",
     VIEW_TEST(says_host),
     {{CAUSE_HOST_UNREACHABLE, 5.0f}},
     "{a} answered the SYN with {w}",
     "RFC 792; RFC 4443"},
    {"icmp-loop",
     VIEW_TEST(says_loop),
     {{CAUSE_ROUTING_LOOP, 6.0f}},
     "{a} answered the SYN with {w}: it went in circles",
     "RFC 792; RFC 4443"},
    {"icmp-rule",
     VIEW_TEST(says_rule),
     {{CAUSE_FIREWALL_ICMP, 5.0f}, {CAUSE_FAIL2BAN_BAN, 4.0f}},
     "{a} answered the SYN with {w}",
     "RFC 1812; RFC 4443"},
    {"late-burst",
     VIEW_TEST(late_burst),
     {{CAUSE_HOST_UNREACHABLE, 1.5f}},
     "the error came {0t} after the first SYN ({1} of them): {a} looked for the host and nobody answered",
     "net/ipv4/arp.c arp_error_report; lab"},
    {"failed-before",
     VIEW_TEST(failed_before),
     {{CAUSE_FAIL2BAN_BAN, 6.0f}},
     "this client was let in before and failed to log in (connections that ended so: {0}): a ban follows such a "
     "history",
     "fail2ban jail.conf maxretry; lab"},
    {"ban-default",
     VIEW_TEST(port_reject),
     {{CAUSE_FAIL2BAN_BAN, 1.4f}},
     "port unreachable is what fail2ban's rules answer by default",
     "fail2ban action.d/iptables.conf blocktype"},
    {"others-get-in",
     VIEW_TEST(others_get_in),
     {{CAUSE_FAIL2BAN_BAN, 1.5f}},
     "other connections that the server greeted at about the same time: {0}; only this client is rejected",
     "judgement"},
};

static const struct evidence_rows of_rejections = EVIDENCE_ROWS(rows);

/* Priors: judgement. Most errors that answer a SYN are a rule's. */
const struct evidence_table stage_rejected = {
    {{CAUSE_FIREWALL_ICMP, 0.5f},
     {CAUSE_HOST_UNREACHABLE, 0.2f},
     {CAUSE_NETWORK_UNREACHABLE, 0.2f},
     {CAUSE_ROUTING_LOOP, 0.08f},
     {CAUSE_FAIL2BAN_BAN, 0.01f},
     {CAUSE_SCAN, 0.0001f},
     {CAUSE_ADDRESS_CONFLICT, 0.001f}},
    {&of_rejections, &scan_syn_rows, &conflict_rows, &unread_login_rows, &local_rule_rows},
};
