/* An attempt to a verdict: what the capture lacks, the evidence of its stage's table, the place. */
#include <stddef.h>
#include <string.h>

#include "evidence.h"
#include "spoken.h"

const struct evidence_table *stage_table_for(const struct view *v)
{
    if (v->attempt->lookup)
        return &stage_unsent;
    if (begins_midway(v) || first_words_lost(v))
        return &stage_midway;
    if (protocol_1_agreed(v))
        return &stage_protocol_1;
    /* Its own words in place of a banner tell that it speaks SSH. */
    if (v->stage == STAGE_ACCEPTED && v->dialogue && v->dialogue->refusal == SSH_REFUSAL_PROTOCOL)
        return &stage_greeted;
    switch (v->stage) {
    case STAGE_NAME:
        return &stage_unsent;
    case STAGE_NO_ANSWER:
        return &stage_silent;
    case STAGE_REFUSED:
        return &stage_refused;
    case STAGE_REJECTED:
        return &stage_rejected;
    case STAGE_ACCEPTED:
        return &stage_accepted;
    case STAGE_BANNER:
    case STAGE_KEX:
        return &stage_greeted;
    case STAGE_AUTH:
    case STAGE_SESSION:
        break;
    }
    return &stage_login;
}

/* All but the room for evidence and texts, of which only what is counted or begun is ever read: clearing it would cost
 * more than most verdicts. */
static void clear(struct verdict *out)
{
    memset(out, 0, offsetof(struct verdict, evidence));
    out->evidence_count = 0;
    out->deciding_packet = 0;
    out->reason[0] = out->detail[0] = out->fix[0][0] = out->fix[1][0] = '\0';
    out->settle = NULL;
    out->would_decide = NULL;
    out->capture_again = CAPTURE_NOWHERE;
    memset(&out->ssh, 0, sizeof out->ssh);
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
    locate(&v, out);
    describe(&v, out);
}
