/* An attempt to a verdict: what the capture lacks, the evidence of its stage's table, the place. */
#include <stddef.h>
#include <string.h>

#include "evidence.h"
#include "local.h"
#include "place.h"

/* All but the room for evidence and texts, of which only what is counted or begun is ever read: clearing it would cost
 * more than most verdicts. */
static void clear(struct verdict *out)
{
    memset(out, 0, offsetof(struct verdict, evidence));
    out->evidence_count = 0;
    out->not_all_kept = false;
    out->deciding_packet = 0;
    out->text_lacks[0] = out->reason[0] = out->detail[0] = out->fix[0][0] = out->fix[1][0] = '\0';
    out->offer[SIDE_CLIENT] = out->offer[SIDE_SERVER] = SSH_OFFER_UNKNOWN;
    out->probe_tells = out->fix_is_weak = false;
    out->settle = NULL;
    out->local_command[0] = '\0';
    out->would_decide = NULL;
    out->capture_again = CAPTURE_NOWHERE;
    memset(&out->ssh, 0, sizeof out->ssh);
}

/* Where it failed: the first place of the cause's own table whose test says yes, or else its usual one. */
static void locate(const struct view *v, struct verdict *out)
{
    const struct cause_row *cause = cause_row(out->cause);
    if (local_place(v, out))
        return;
    for (const struct place_row *row = cause->places; row && row->test; row++)
        if (row->test(v)) {
            out->where = row->where;
            out->where_confidence = row->confidence;
            return;
        }
    out->where = cause->place.where;
    out->where_confidence = cause->place.confidence;
}

/* What is missing may be what would have spoken against it. */
static void doubt_what_was_not_kept(const struct view *v, struct verdict *out)
{
    const struct answer *answer = v->attempt->answer;
    const struct dialogue *d = answer && answer->connection ? answer->connection->dialogue : NULL;
    const int64_t first_us = v->syn->number != 0 ? v->syn->ts_us : INT64_MIN;
    out->not_all_kept = v->attempt->facts & (FACT_EVICTED | FACT_NOT_KEPT) || (d && d->bytes_not_kept) ||
                        capture_lacked_memory(v->file->capture, first_us);
    if (out->not_all_kept && out->confidence > EVIDENCE_NOT_ALL_KEPT)
        out->confidence = EVIDENCE_NOT_ALL_KEPT;
}

void diagnose(const struct case_file *file, struct verdict *out)
{
    struct view v;
    clear(out);
    view_make(file, &v);
    out->stage = v.stage;
    out->vantage = v.vantage;
    if (!gaps_found(&v, out))
        weigh(&v, out);
    doubt_what_was_not_kept(&v, out);
    locate(&v, out);
    out->probe_tells = probe_would_tell(out);
    describe(&v, out);
    describe_text(&v, out);
}
