/* An attempt to a verdict: what the capture lacks, the chapter for its stage, the evidence, the place. */
#include <string.h>

#include "evidence.h"

const struct chapter *chapter_for(const struct view *v)
{
    if (v->attempt->lookup)
        return &chapter_unsent;
    switch (v->stage) {
    case STAGE_NAME:
        return &chapter_unsent;
    case STAGE_NO_ANSWER:
        return &chapter_silent;
    case STAGE_REFUSED:
        return &chapter_refused;
    case STAGE_REJECTED:
        return &chapter_rejected;
    case STAGE_ACCEPTED:
        return &chapter_accepted;
    case STAGE_BANNER:
    case STAGE_KEX:
        return &chapter_greeted;
    case STAGE_AUTH:
    case STAGE_SESSION:
        break;
    }
    return &chapter_login;
}

void diagnose(const struct case_file *file, struct verdict *out)
{
    struct view v;
    memset(out, 0, sizeof *out);
    view_make(file, &v);
    out->stage = v.stage;
    out->vantage = v.vantage;
    if (!gaps_found(&v, out))
        weigh(chapter_for(&v), &v, out);
    locate(&v, out);
    describe(&v, out);
}
