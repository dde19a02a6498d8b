/* Facts to a verdict. Where the SSH port refuses, rejects or says nothing, the passive verdict on the principal packets
 * is where the odds begin, and each row that fires changes them; where it accepts, the one connection tells. */
#include <string.h>

#include "judge_rows.h"

static enum reply_kind answer_of(const struct reading *r)
{
    return r->main != NULL ? r->main->reply.kind : REPLY_NONE;
}

const struct evidence_table *probe_table_for(const struct reading *r)
{
    switch (answer_of(r)) {
    case REPLY_RST:
        return &probe_refused;
    case REPLY_ICMP:
        return &probe_rejected;
    case REPLY_NONE:
    case REPLY_SYNACK:
    case REPLY_ECHO:
        break;
    }
    return &probe_silent;
}

bool ask_reading(evidence_test test, const void *facts, struct finding *f)
{
    return ((bool (*)(const struct reading *, struct finding *))test)(facts, f);
}

/* What the passive verdict did not name had less than EVIDENCE_NAMED. Judgement. */
static const double not_named = 0.004;

static double passive_share(const struct verdict *passive, enum cause cause)
{
    if (passive->cause == cause)
        return passive->confidence;
    for (unsigned i = 0; i < passive->alternatives_count; i++)
        if (passive->alternatives[i].cause == cause)
            return passive->alternatives[i].confidence;
    return not_named;
}

/* A passive verdict that the table does not list, or that is none, says nothing of where to begin. */
static bool passive_helps(const struct verdict *passive, const struct prior *priors)
{
    if (passive == NULL || passive->cause == CAUSE_UNDETERMINED)
        return false;
    for (unsigned i = 0; i < TABLE_PRIORS && priors[i].probability > 0; i++)
        if (priors[i].cause == passive->cause)
            return true;
    return false;
}

/* What the passive verdict made of a refusal by TOS and flow label holds of Linux hosts. */
static bool passive_holds(const struct reading *r)
{
    return probe_table_for(r) != &probe_refused || !is_no_linux(r);
}

static struct evidence_table begin(const struct reading *r)
{
    struct evidence_table table = *probe_table_for(r);
    bool passive = passive_helps(r->passive, table.priors) && passive_holds(r);
    for (unsigned i = 0; passive && i < TABLE_PRIORS && table.priors[i].probability > 0; i++)
        table.priors[i].probability = passive_share(r->passive, table.priors[i].cause);
    return table;
}

static enum stage stage_of(const struct reading *r)
{
    const struct evidence_table *table = probe_table_for(r);
    return table == &probe_refused ? STAGE_REFUSED : table == &probe_rejected ? STAGE_REJECTED : STAGE_NO_ANSWER;
}

/* Where packets leave two causes open, no verdict is surer. */
#define NOT_TOLD_APART 0.8

/* A program that plays a network says "refused" of whatever befell its own connection. */
static double surest(const struct reading *r, enum cause cause)
{
    bool refused = probe_table_for(r) == &probe_refused;
    return refused && (r->next_hop_answers || (cause == CAUSE_FIREWALL_RST && refusal_is_nobodys(r))) ? NOT_TOLD_APART
                                                                                                      : EVIDENCE_SUREST;
}

static void judge_closed(const struct reading *r, struct probe_verdict *out)
{
    struct evidence_table table = begin(r);
    struct verdict before;
    out->verdict.stage = stage_of(r);
    out->verdict.vantage = VANTAGE_CLIENT;
    out->verdict.reason[0] = '\0';
    if (!passive_holds(r))
        out->verdict.evidence_count = 0;
    before = out->verdict;
    evidence_weigh(&table, ask_reading, r, EVIDENCE_SUREST, &out->verdict);
    double most = surest(r, out->verdict.cause);
    if (out->verdict.confidence > most) {
        out->verdict = before;
        evidence_weigh(&table, ask_reading, r, most, &out->verdict);
    }
    judge_locate(r, out);
}

/* Where ways fork by ports (RFC 2992), a SYN that is repeated goes the same way each time. */
static void tell_loss(const struct reading *r, struct probe_verdict *out)
{
    if (r->answered > 0 && r->lost > 0 && r->errors == 0 && out->note[0] == '\0')
        snprintf(out->note, sizeof out->note,
                 "of %u SYNs to the SSH port %u were never answered, though each was sent three times: some "
                 "connections fail, as where the way forks and one branch drops",
                 r->asked, r->lost);
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
    else
        judge_closed(&r, out);
    tell_loss(&r, out);
    judge_conflict(&r, out);
}
