/* What the one connection to the SSH port tells of it. */
#include <string.h>

#include "judge_rows.h"

/* The first row whose test says yes is the verdict. */
struct connection_row {
    bool (*test)(const struct reading *r);
    bool overrules; /* what the passive verdict made of the same connection, where it made anything */
    enum stage stage;
    enum cause cause;
    double confidence;
    enum where where;
    double where_confidence;
    struct alternative alternatives[2];
    const char *reason, *settle;
    const char *source; /* of the numbers */
};

static const struct probe_service *connection(const struct reading *r)
{
    return &r->facts->banner_check;
}

static bool greeted(const struct reading *r)
{
    return connection(r)->is_ssh;
}

static bool refused_elsewhere(const struct reading *r)
{
    return r->facts->elsewhere && !connection(r)->accepted;
}

static bool never_came_about(const struct reading *r)
{
    return !connection(r)->accepted;
}

/* A SYN proxy lets the handshake come about by itself, and opens the window only when the server has answered it: what
 * ends before says as much of the server as an answer to a SYN. */
static bool taken_by_proxy(const struct reading *r)
{
    return !r->facts->elsewhere && is_proxied(r) && connection(r)->accepted && connection(r)->banner[0] == '\0';
}

static bool taken_by_proxy_and_reset(const struct reading *r)
{
    return taken_by_proxy(r) && connection(r)->closed;
}

static enum ssh_refusal_text refusal(const struct reading *r)
{
    const char *line = connection(r)->banner;
    return ssh_refusal_text((const uint8_t *)line, strlen(line));
}

static bool said_maxstartups(const struct reading *r)
{
    return refusal(r) == SSH_REFUSAL_MAXSTARTUPS;
}

static bool said_not_allowed(const struct reading *r)
{
    return refusal(r) == SSH_REFUSAL_NOT_ALLOWED;
}

static bool said_something(const struct reading *r)
{
    return connection(r)->banner[0] != '\0';
}

static bool said_something_and_closed(const struct reading *r)
{
    return said_something(r) && connection(r)->closed;
}

/* Ports on which nothing listens were accepted, too: whoever answers does so before it asks the server. */
static bool every_port_accepted(const struct reading *r)
{
    enum { SEVERAL = 2 };
    return r->controls_open >= SEVERAL && r->controls_open == r->controls_asked && !is_proxied(r);
}

static bool closed(const struct reading *r)
{
    return connection(r)->closed;
}

static bool stayed_mute(const struct reading *r)
{
    (void)r;
    return true;
}

static const char ask_server[] = "on the server: sudo ss -ltn (is anything listening?) and sudo tcpdump -n port 22";

static const struct connection_row rows[] = {
    {.test = greeted, /* the probe left after the banner, which looks like a client that gave up */
     .overrules = true,
     .stage = STAGE_BANNER,
     .cause = CAUSE_NONE,
     .confidence = 0.99,
     .where = WHERE_NULL,
     .where_confidence = 0.99,
     .source = "RFC 4253 section 4.2; lab"},
    {.test = taken_by_proxy_and_reset,
     .overrules = true,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_KERNEL_RST,
     .confidence = 0.75,
     .where = WHERE_HOST,
     .where_confidence = 0.75,
     .alternatives = {{CAUSE_FIREWALL_RST, 0.15}, {CAUSE_CLOSED_BEFORE_BANNER, 0.1}},
     .settle = ask_server,
     .source = "net/netfilter/nf_synproxy_core.c; judgement"},
    {.test = taken_by_proxy,
     .overrules = true,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_SILENT_DROP,
     .confidence = 0.6,
     .where = WHERE_UNKNOWN,
     .where_confidence = 0.6,
     .alternatives = {{CAUSE_NO_BANNER, 0.25}, {CAUSE_LISTEN_OVERFLOW, 0.1}},
     .settle = ask_server,
     .source = "net/netfilter/nf_synproxy_core.c; judgement"},
    {.test = refused_elsewhere, /* by whom, no packet tells */
     .stage = STAGE_REFUSED,
     .cause = CAUSE_KERNEL_RST,
     .confidence = 0.75,
     .where = WHERE_UNKNOWN,
     .where_confidence = 0.7,
     .alternatives = {{CAUSE_FIREWALL_RST, 0.2}},
     .source = "judgement: the priors of judge_refused.c"},
    {.test = never_came_about,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_UNDETERMINED,
     .confidence = 0.8,
     .where = WHERE_UNKNOWN,
     .where_confidence = 0.8,
     .reason = "the port answers SYNs but no connection came about: try again",
     .source = "judgement"},
    {.test = said_maxstartups,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_MAXSTARTUPS,
     .confidence = 0.8,
     .where = WHERE_HOST,
     .where_confidence = 0.8,
     .source = "OpenSSH 8.2 to 9.7, sshd.c drop_connection; judgement"},
    {.test = said_not_allowed,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_SOURCE_PENALTY,
     .confidence = 0.8,
     .where = WHERE_HOST,
     .where_confidence = 0.8,
     .source = "OpenSSH 9.8, sshd.c; srclimit.c; judgement"},
    {.test = said_something_and_closed,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_NOT_SSH,
     .confidence = 0.8,
     .where = WHERE_HOST,
     .where_confidence = 0.8,
     .source = "RFC 4253 section 4.2; judgement"},
    {.test = said_something,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_TARPIT,
     .confidence = 0.8,
     .where = WHERE_HOST,
     .where_confidence = 0.8,
     .source = "endlessh; judgement"},
    {.test = every_port_accepted,
     .overrules = true,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_INTERCEPTED,
     .confidence = 0.8,
     .where = WHERE_PATH,
     .where_confidence = 0.8,
     .alternatives = {{CAUSE_CLOSED_BEFORE_BANNER, 0.1}, {CAUSE_NO_BANNER, 0.05}},
     .settle = "from another network: does the port greet there?",
     .source = "lab: transparent proxies accept for every port; judgement"},
    {.test = closed,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_CLOSED_BEFORE_BANNER,
     .confidence = 0.8,
     .where = WHERE_HOST,
     .where_confidence = 0.8,
     .source = "RFC 4253 section 4.2; judgement"},
    {.test = stayed_mute,
     .stage = STAGE_ACCEPTED,
     .cause = CAUSE_NO_BANNER,
     .confidence = 0.8,
     .where = WHERE_HOST,
     .where_confidence = 0.8,
     .source = "RFC 4253 section 4.2; judgement"},
};

static const struct connection_row *row_for(const struct reading *r)
{
    size_t i = 0;
    while (!rows[i].test(r)) /* the last one says yes */
        i++;
    return &rows[i];
}

/* Rivals that the passive verdict named stay, where the row does not know better. */
static void set_alternatives(const struct connection_row *row, struct verdict *v)
{
    if (!row->overrules && row->alternatives[0].confidence == 0)
        return;
    v->alternatives_count = 0;
    for (size_t i = 0; i < 2 && row->alternatives[i].confidence > 0; i++)
        v->alternatives[v->alternatives_count++] = row->alternatives[i];
}

static void decide(const struct reading *r, const struct connection_row *row, struct verdict *v)
{
    v->cause = row->cause;
    v->confidence = row->confidence;
    v->where = row->where;
    v->where_confidence = row->where_confidence;
    set_alternatives(row, v);
    if (row->overrules)
        v->settle = row->settle;
    if (row->cause == CAUSE_INTERCEPTED) /* what the connection showed was another's doing */
        v->evidence_count = 0;
    snprintf(v->reason, sizeof v->reason, "%s", row->reason ? row->reason : "");
    if (row->cause == CAUSE_NONE) {
        v->stage = row->stage;
        snprintf(v->detail, sizeof v->detail, "%s", connection(r)->banner);
    }
}

static bool passive_undecided(const struct verdict *passive)
{
    return passive == NULL || passive->cause == CAUSE_UNDETERMINED || passive->cause == CAUSE_CLIENT_ABORT ||
           cause_is_scan(passive->cause); /* its own talk is one */
}

static void tell_everything_accepts(const struct reading *r, struct probe_verdict *out)
{
    if (every_port_accepted(r))
        snprintf(
            out->note, sizeof out->note,
            "every port that was asked accepts (%u that nobody listens on): something answers in the host's place, %s",
            r->controls_open,
            greeted(r) ? "and hands SSH on" : "and what became of the connection says nothing of the server");
}

void judge_open(const struct reading *r, struct probe_verdict *out)
{
    const struct connection_row *row = row_for(r);
    struct verdict *v = &out->verdict;
    v->stage = v->stage < STAGE_ACCEPTED ? STAGE_ACCEPTED : v->stage;
    if (row->overrules || passive_undecided(r->passive))
        decide(r, row, v);
    if (taken_by_proxy(r) && row->cause != CAUSE_NONE)
        snprintf(out->note, sizeof out->note,
                 "the SYN-ACK offers a window of 0, as a SYN proxy's does: it accepts in the host's name before it "
                 "asks, and then the connection was %s",
                 connection(r)->closed ? "reset" : "never taken on");
    tell_everything_accepts(r, out);
}

void judge_elsewhere(const struct reading *r, struct probe_verdict *out)
{
    const struct connection_row *row = row_for(r);
    out->verdict = (struct verdict){.stage = row->stage, .vantage = VANTAGE_CLIENT};
    decide(r, row, &out->verdict);
    snprintf(out->note, sizeof out->note,
             "a connection was %s, but no packet of the host was seen: its answers come in by another interface than "
             "the one that leads there, so this rests on that connection alone",
             connection(r)->accepted ? "accepted" : "refused");
}
