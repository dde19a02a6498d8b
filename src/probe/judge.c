/* Facts to a verdict. The passive verdict on the principal packets is where the odds begin; each row of the table that
 * fires changes them. Rows speak of what a passive eye cannot see: other ports, other marks, other TTLs, malformed
 * SYNs. */
#include <math.h>
#include <string.h>

#include "judge_rows.h"

/* Rows are not quite independent, and no table is complete: no verdict is surer than this. */
static const double surest = 0.995;

struct fired {
    const struct probe_row *row;
    struct probe_finding finding;
};

enum { MAX_FIRED = 24, MAX_CAUSES = 8 };

/* What can end a probe, where the passive verdict has nothing to begin with. */
static const struct {
    enum reply_kind answer;
    struct alternative prior[MAX_CAUSES];
} beginnings[] = {
    {REPLY_NONE, {{CAUSE_SILENT_DROP, 0.80}, {CAUSE_HOST_UNREACHABLE, 0.18}, {CAUSE_FAIL2BAN_BAN, 0.02}}},
    {REPLY_RST, {{CAUSE_KERNEL_RST, 0.77}, {CAUSE_FIREWALL_RST, 0.21}, {CAUSE_FAIL2BAN_BAN, 0.02}}},
    {REPLY_ICMP,
     {{CAUSE_FIREWALL_ICMP, 0.6},
      {CAUSE_HOST_UNREACHABLE, 0.2},
      {CAUSE_NETWORK_UNREACHABLE, 0.17},
      {CAUSE_ROUTING_LOOP, 0.02},
      {CAUSE_FAIL2BAN_BAN, 0.01}}},
};

static enum reply_kind answer_of(const struct reading *r)
{
    return r->main != NULL ? r->main->reply.kind : REPLY_NONE;
}

static double passive_share(const struct verdict *passive, enum cause cause)
{
    if (passive->cause == cause)
        return passive->confidence;
    for (unsigned i = 0; i < passive->alternatives_count; i++)
        if (passive->alternatives[i].cause == cause)
            return passive->alternatives[i].confidence;
    return 0.004; /* left out of the list for being below one in a hundred */
}

static bool passive_helps(const struct verdict *passive, const struct alternative *list)
{
    if (passive == NULL || passive->cause == CAUSE_UNDETERMINED)
        return false;
    for (unsigned i = 0; i < MAX_CAUSES && list[i].confidence > 0; i++)
        if (list[i].cause == passive->cause)
            return true;
    return false;
}

static unsigned begin(const struct reading *r, struct alternative *list)
{
    unsigned count = 0;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (beginnings[i].answer == answer_of(r))
            memcpy(list, beginnings[i].prior, sizeof beginnings[i].prior);
    bool passive = passive_helps(r->passive, list);
    for (; count < MAX_CAUSES && list[count].confidence > 0; count++)
        list[count].confidence = log(passive ? passive_share(r->passive, list[count].cause) : list[count].confidence);
    return count;
}

static double row_weight(const struct fired *fired, enum cause cause)
{
    for (unsigned i = 0; i < PROBE_ROW_WEIGHTS; i++)
        if (fired->row->weights[i].log_ratio != 0 && fired->row->weights[i].cause == cause)
            return (double)fired->row->weights[i].log_ratio * (double)fired->finding.scale;
    return 0;
}

static unsigned gather_from(const struct reading *r, const struct probe_row *rows, size_t row_count,
                            struct fired *fired, unsigned count)
{
    for (size_t i = 0; i < row_count && count < MAX_FIRED; i++) {
        struct fired *slot = &fired[count];
        *slot = (struct fired){&rows[i], {.scale = 1}};
        if (rows[i].answer == answer_of(r) && rows[i].test(r, &slot->finding))
            count++;
    }
    return count;
}

static unsigned gather(const struct reading *r, struct fired *fired)
{
    unsigned count = gather_from(r, probe_rows, probe_row_count, fired, 0);
    return gather_from(r, probe_silent_rows, probe_silent_row_count, fired, count);
}

static void normalise(struct alternative *list, unsigned count)
{
    double highest = -HUGE_VAL, total = 0;
    for (unsigned i = 0; i < count; i++)
        highest = list[i].confidence > highest ? list[i].confidence : highest;
    for (unsigned i = 0; i < count; i++)
        total += list[i].confidence = exp(list[i].confidence - highest);
    for (unsigned i = 0; i < count; i++)
        list[i].confidence /= total;
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j > 0 && list[j].confidence > list[j - 1].confidence; j--) {
            struct alternative swap = list[j];
            list[j] = list[j - 1];
            list[j - 1] = swap;
        }
}

/* Keeps the list in order of weight; the lightest falls off its end. */
static void add_evidence(struct verdict *out, const struct evidence *e)
{
    unsigned at = out->evidence_count;
    if (at == VERDICT_EVIDENCE) {
        if (fabsf(out->evidence[at - 1].weight) >= fabsf(e->weight))
            return;
        at--;
    } else
        out->evidence_count++;
    for (; at > 0 && fabsf(out->evidence[at - 1].weight) < fabsf(e->weight); at--)
        out->evidence[at] = out->evidence[at - 1];
    out->evidence[at] = *e;
}

static void add_fired(struct verdict *out, const struct fired *fired, enum cause rival)
{
    struct evidence e = {
        .id = fired->row->id,
        .packet = fired->finding.packet,
        .weight = (float)(row_weight(fired, out->cause) - row_weight(fired, rival)),
        .sentence = fired->row->sentence,
        .address = fired->finding.address,
        .word = fired->finding.word,
    };
    memcpy(e.value, fired->finding.value, sizeof e.value);
    for (unsigned i = 0; i < PROBE_ROW_WEIGHTS; i++)
        if (fired->row->weights[i].log_ratio > 0 && e.favours_count < VERDICT_FAVOURS)
            e.favours[e.favours_count++] = fired->row->weights[i].cause;
    add_evidence(out, &e);
}

void judge_weigh(const struct reading *r, struct verdict *out)
{
    struct fired fired[MAX_FIRED];
    struct alternative list[MAX_CAUSES] = {{0}};
    unsigned count = begin(r, list), rows = gather(r, fired);
    for (unsigned i = 0; i < count; i++)
        for (unsigned n = 0; n < rows; n++)
            list[i].confidence += row_weight(&fired[n], list[i].cause);
    normalise(list, count);
    out->cause = list[0].cause;
    out->confidence = list[0].confidence > surest ? surest : list[0].confidence;
    out->alternatives_count = 0;
    for (unsigned i = 1; i < count && out->alternatives_count < VERDICT_ALTERNATIVES; i++)
        if (list[i].confidence >= 0.01)
            out->alternatives[out->alternatives_count++] = list[i];
    out->reason[0] = '\0';
    for (unsigned n = 0; n < rows; n++)
        add_fired(out, &fired[n], count > 1 ? list[1].cause : list[0].cause);
}

/* By what the one connection heard, where no packets tell more. */
static enum cause cause_of_banner_check(const struct probe_service *banner_check)
{
    if (!banner_check->accepted)
        return CAUSE_UNDETERMINED;
    if (banner_check->banner[0] == '\0')
        return banner_check->closed ? CAUSE_CLOSED_BEFORE_BANNER : CAUSE_NO_BANNER;
    switch (ssh_refusal_text((const uint8_t *)banner_check->banner, strlen(banner_check->banner))) {
    case SSH_REFUSAL_MAXSTARTUPS:
        return CAUSE_MAXSTARTUPS;
    case SSH_REFUSAL_NOT_ALLOWED:
        return CAUSE_SOURCE_PENALTY;
    default:
        return banner_check->closed ? CAUSE_NOT_SSH : CAUSE_TARPIT;
    }
}

/* A SYN proxy lets the handshake come about by itself, and opens the window only when the server has answered it: what
 * ends before says as much of the server as an answer to a SYN. */
static bool judge_proxied(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_service *banner_check = &r->facts->banner_check;
    struct verdict *v = &out->verdict;
    bool reset = banner_check->accepted && banner_check->closed;
    if (!is_proxied(r) || banner_check->banner[0] != '\0' || !banner_check->accepted)
        return false;
    v->cause = reset ? CAUSE_KERNEL_RST : CAUSE_SILENT_DROP;
    v->where = reset ? WHERE_HOST : WHERE_UNKNOWN;
    v->confidence = v->where_confidence = reset ? 0.75 : 0.6;
    v->alternatives_count = 2;
    v->alternatives[0] = (struct alternative){reset ? CAUSE_FIREWALL_RST : CAUSE_NO_BANNER, reset ? 0.15 : 0.25};
    v->alternatives[1] = (struct alternative){reset ? CAUSE_CLOSED_BEFORE_BANNER : CAUSE_LISTEN_OVERFLOW, 0.1};
    v->settle = "on the server: sudo ss -ltn (is anything listening?) and sudo tcpdump -n port 22";
    snprintf(out->note, sizeof out->note,
             "the SYN-ACK offers a window of 0, as a SYN proxy's does: it accepts in the host's name before it asks, "
             "and then "
             "the connection was %s",
             reset ? "reset" : "never taken on");
    return true;
}

/* Accepted: the passive verdict has read the one connection. Only what the probe itself did is put right: it left after
 * the banner, which looks like a client that gave up. */
static void judge_open(const struct reading *r, struct probe_verdict *out)
{
    struct verdict *v = &out->verdict;
    v->stage = v->stage < STAGE_ACCEPTED ? STAGE_ACCEPTED : v->stage;
    if (r->facts->banner_check.is_ssh) {
        v->cause = CAUSE_NONE;
        v->where = WHERE_NULL;
        v->stage = STAGE_BANNER;
        v->confidence = v->where_confidence = 0.99;
        v->alternatives_count = 0;
        v->settle = NULL;
        v->reason[0] = '\0';
        snprintf(v->detail, sizeof v->detail, "%s", r->facts->banner_check.banner);
    } else if (judge_proxied(r, out))
        v->reason[0] = '\0';
    else if (r->passive == NULL || r->passive->cause == CAUSE_UNDETERMINED || r->passive->cause == CAUSE_CLIENT_ABORT) {
        v->cause = cause_of_banner_check(&r->facts->banner_check);
        v->where = v->cause == CAUSE_UNDETERMINED ? WHERE_UNKNOWN : WHERE_HOST;
        v->confidence = v->where_confidence = 0.8;
        v->reason[0] = '\0';
        if (v->cause == CAUSE_UNDETERMINED)
            snprintf(v->reason, sizeof v->reason, "the port answers SYNs but no connection came about: try again");
    }
}

/* All that is known is what the kernel made of one connection. */
static void judge_elsewhere(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_service *banner_check = &r->facts->banner_check;
    struct verdict *v = &out->verdict;
    *v = (struct verdict){.stage = STAGE_REFUSED,
                          .vantage = VANTAGE_CLIENT,
                          .cause = CAUSE_KERNEL_RST,
                          .confidence = 0.75,
                          .where_confidence = 0.7};
    v->where = WHERE_UNKNOWN;
    v->alternatives[0] = (struct alternative){CAUSE_FIREWALL_RST, 0.2};
    v->alternatives_count = 1;
    if (banner_check->accepted) {
        v->stage = banner_check->is_ssh ? STAGE_BANNER : STAGE_ACCEPTED;
        v->cause = banner_check->is_ssh ? CAUSE_NONE : cause_of_banner_check(banner_check);
        v->where = banner_check->is_ssh ? WHERE_NULL : WHERE_HOST;
        v->confidence = v->where_confidence = banner_check->is_ssh ? 0.99 : 0.8;
        v->alternatives_count = 0;
    }
    if (banner_check->is_ssh)
        snprintf(v->detail, sizeof v->detail, "%s", banner_check->banner);
    snprintf(out->note, sizeof out->note,
             "a connection was %s, but no packet of the host was seen: its answers come in by another interface than "
             "the one that leads there, so this rests on that connection alone",
             banner_check->accepted ? "accepted" : "refused");
}

static enum stage stage_of(const struct reading *r)
{
    switch (answer_of(r)) {
    case REPLY_RST:
        return STAGE_REFUSED;
    case REPLY_ICMP:
        return STAGE_REJECTED;
    default:
        return STAGE_NO_ANSWER;
    }
}

void probe_judge(const struct probe_facts *facts, const struct verdict *passive, struct probe_verdict *out)
{
    struct reading r;
    memset(out, 0, sizeof *out);
    reading_make(facts, passive, &r);
    if (passive != NULL)
        out->verdict = *passive;
    out->echo = r.echo;
    out->host_hop = r.host_hop;
    if (facts->elsewhere)
        judge_elsewhere(&r, out);
    else if (answer_of(&r) == REPLY_SYNACK)
        judge_open(&r, out);
    else {
        out->verdict.stage = stage_of(&r);
        out->verdict.vantage = VANTAGE_CLIENT;
        judge_weigh(&r, &out->verdict);
        judge_locate(&r, out);
    }
    judge_tell_loss(&r, out);
}
