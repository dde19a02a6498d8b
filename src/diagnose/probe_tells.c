/* Whether a probe of the server would tell more than the packets did. */
#include <sshsniff/verdict.h>

/* Judgement. */
static const double sure_enough = 0.9, strong_rival = 0.1;

static bool cause_is_open(const struct verdict *verdict)
{
    if (verdict->confidence < sure_enough)
        return true;
    for (unsigned i = 0; i < verdict->alternatives_count; i++)
        if (cause_row(verdict->alternatives[i].cause)->probe_separates &&
            verdict->alternatives[i].confidence >= strong_rival)
            return true;
    return false;
}

bool probe_would_tell(const struct verdict *verdict)
{
    if (!cause_row(verdict->cause)->probe_separates)
        return false;
    return cause_is_open(verdict) || verdict->where == WHERE_UNKNOWN || verdict->where_confidence < sure_enough;
}
