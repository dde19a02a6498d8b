/* Nothing answers the SYN, or no SYN was ever sent. */
#include "bare_rst.h"
#include "gateway.h"
#include "identity.h"
#include "local.h"
#include "scan.h"
#include "silent_way_back.h"
#include "unread_logins.h"
#include "useless_answers.h"

static bool syns_unanswered(const struct view *v, struct finding *f)
{
    f->packet = v->attempt->last_syn_number;
    f->value[0] = v->attempt->syns;
    f->value[1] = (uint64_t)(v->attempt->last_syn_us - v->syn->ts_us);
    return v->attempt->syns > 1 && !answered_in_vain(v);
}

/* Requests that were answered count for nothing. */
static bool neighbour_silent(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    if (!neighbour_searched(v))
        return false;
    f->packet = h->search_number;
    f->address = &v->attempt->key.server;
    f->value[0] = h->searches_unanswered;
    f->word = v->ipv6 ? "neighbour solicitations" : "ARP requests";
    return true;
}

static bool failed_before(const struct view *v, struct finding *f)
{
    f->value[0] = v->history->failed_logins;
    f->scale = ban_history(v);
    return f->scale > 0;
}

static bool others_get_in(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    if (!h || h->own.ts_us <= v->syn->ts_us || h->own_packets == 0)
        return false;
    f->packet = h->own.number;
    f->address = &h->address;
    return true;
}

/* A full accept queue swallows SYNs too: those who fill it were accepted, and never greeted, however long they waited.
 */
static bool others_left_mute(const struct view *v, struct finding *f)
{
    const struct port_fact *port = server_port_fact(v);
    f->value[0] = port ? (uint64_t)port->accepted - port->bannered - port->left_early : 0;
    return port && port->accepted > port->bannered + port->left_early;
}

/* A router tells of a dead host only after three requests for it, a second apart. */
static bool router_may_search(const struct view *v, struct finding *f)
{
    enum { SEARCH_US = 3200000 };
    f->packet = v->attempt->last_syn_number;
    f->value[0] = (uint64_t)(v->file->observed_until_us - v->syn->ts_us);
    return v->file->observed_until_us - v->syn->ts_us < SEARCH_US && !answered_in_vain(v);
}

static bool neighbours_cut(const struct view *v, struct finding *f)
{
    f->value[0] = v->file->capture->cut_ipv6;
    return v->ipv6 && v->file->capture->cut_ipv6;
}

static const struct evidence_row silent_rows[] = {
    {"neighbours-cut",
     VIEW_TEST(neighbours_cut),
     {{CAUSE_HOST_UNREACHABLE, 2.0f}},
     "the snaplen cut {0} IPv6 packets so short that unanswered neighbour solicitations would not show",
     "RFC 4861 section 4.3"},
    {"router-may-search",
     VIEW_TEST(router_may_search),
     {{CAUSE_HOST_UNREACHABLE, 2.0f}},
     "the capture ends {0t} after the first SYN: a router that looks for a dead host says so only after 3 s",
     "net/ipv4/arp.c; neighbour retrans_time; lab"},
    {"syn-unanswered",
     VIEW_TEST(syns_unanswered),
     {{CAUSE_SILENT_DROP, 2.0f},
      {CAUSE_FAIL2BAN_BAN, 2.0f},
      {CAUSE_LISTEN_OVERFLOW, 2.0f},
      {CAUSE_HOST_UNREACHABLE, 0.5f}},
     "{0} SYNs in {1t}, and not one answer",
     "RFC 9293; tcp_syn_retries"},
    {"neighbour-silent",
     VIEW_TEST(neighbour_silent),
     {{CAUSE_HOST_UNREACHABLE, 6.0f}},
     "{0} {w} for {a} went unanswered: no such machine is up on this network",
     "RFC 826; RFC 4861; lab"},
    {"failed-before",
     VIEW_TEST(failed_before),
     {{CAUSE_FAIL2BAN_BAN, 6.2f}},
     "this client was let in before and failed to log in (connections that ended so: {0}): a ban follows such a "
     "history",
     "fail2ban jail.conf maxretry; lab"},
    {"others-left-mute",
     VIEW_TEST(others_left_mute),
     {{CAUSE_LISTEN_OVERFLOW, 4.3f}},
     "connections that the same port accepted and never greeted: {0}; where nobody takes them, its queue fills up, and "
     "further SYNs are dropped",
     "net/ipv4/tcp_input.c tcp_conn_request, sk_acceptq_is_full; lab"},
    {"host-alive",
     VIEW_TEST(others_get_in),
     {{CAUSE_SILENT_DROP, 1.0f}, {CAUSE_FAIL2BAN_BAN, 1.0f}},
     "{a} is up: it sent a packet of its own after this SYN",
     "judgement"},
};

static const struct evidence_rows of_silence = EVIDENCE_ROWS(silent_rows);

/* Priors: judgement. A SYN without an answer was dropped, unless something tells that nobody was there. */
const struct evidence_table stage_silent = {
    {{CAUSE_SILENT_DROP, 0.93f},
     {CAUSE_HOST_UNREACHABLE, 0.05f},
     {CAUSE_FAIL2BAN_BAN, 0.01f},
     {CAUSE_LISTEN_OVERFLOW, 0.003f},
     {CAUSE_KERNEL_RST, 0.0001f}, /* told in a way that the client ignores */
     {CAUSE_MISADDRESSED_REPLY, 0.0005f},
     {CAUSE_STALE_CONNECTION, 0.0005f},
     {CAUSE_SCAN, 0.0001f},
     {CAUSE_ADDRESS_CONFLICT, 0.002f},
     {CAUSE_INTERCEPTED, 0.0002f}},
    {&of_silence, &scan_syn_rows, &kept_syn_rows, &bare_rst_rows, &useless_answer_rows, &way_back_rows, &conflict_rows,
     &intercepted_rows, &unread_login_rows, &local_socket_rows, &local_rule_rows, &local_room_rows},
};

static bool name_refused(const struct view *v, struct finding *f)
{
    const struct lookup *lookup = v->attempt->lookup;
    f->packet = lookup->answer_number;
    f->address = &lookup->resolver;
    f->word = lookup->name;
    f->value[0] = (uint64_t)(lookup->rcode > 0 ? lookup->rcode : 0);
    return lookup->name[0] && lookup->answer_number;
}

static bool name_unanswered(const struct view *v, struct finding *f)
{
    const struct lookup *lookup = v->attempt->lookup;
    f->packet = lookup->first_number;
    f->address = &lookup->resolver;
    f->word = lookup->name;
    f->value[0] = lookup->requests;
    return lookup->name[0] && !lookup->answer_number && !lookup->error_number;
}

static bool name_unreachable(const struct view *v, struct finding *f)
{
    const struct lookup *lookup = v->attempt->lookup;
    f->packet = lookup->error_number;
    f->address = &lookup->resolver;
    f->word = lookup->name;
    return lookup->name[0] && !lookup->answer_number && lookup->error_number;
}

static bool search_unanswered(const struct view *v, struct finding *f)
{
    const struct lookup *lookup = v->attempt->lookup;
    f->packet = lookup->first_number;
    f->address = &v->attempt->key.server;
    f->value[0] = lookup->requests;
    f->word = lookup->neighbour_ipv6 ? "neighbour solicitations" : "ARP requests";
    return !lookup->name[0];
}

static const struct evidence_row unsent_rows[] = {
    {"name-refused",
     VIEW_TEST(name_refused),
     {{CAUSE_NAME_FAILURE, 5.0f}},
     "{a} answered that {w} has no address (DNS response code {0}), and no SYN followed",
     "RFC 1035 section 4.1.1"},
    {"name-unanswered",
     VIEW_TEST(name_unanswered),
     {{CAUSE_NAME_FAILURE, 4.0f}},
     "{0} questions for {w} to {a} had no answer, and no SYN followed",
     "RFC 1035; resolv.conf(5)"},
    {"name-unreachable",
     VIEW_TEST(name_unreachable),
     {{CAUSE_NAME_FAILURE, 4.5f}},
     "the questions for {w} to {a} came back as ICMP errors: no name server is there, or a firewall rejects them",
     "RFC 1122 section 3.2.2.1; lab"},
    {"neighbour-silent",
     VIEW_TEST(search_unanswered),
     {{CAUSE_HOST_UNREACHABLE, 5.0f}},
     "{0} {w} for {a} went unanswered, so no SYN could be sent: no such machine is up on this network",
     "RFC 826; RFC 4861; lab"},
};

static const struct evidence_rows of_lookups = EVIDENCE_ROWS(unsent_rows);

/* Priors: even, for the lookup itself says which of the two it was. */
const struct evidence_table stage_unsent = {
    {{CAUSE_NAME_FAILURE, 0.5f}, {CAUSE_HOST_UNREACHABLE, 0.5f}},
    {&of_lookups},
};
