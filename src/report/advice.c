#include <stdio.h>

#include "advice.h"
#include "slots.h"

static const struct cause_advice *advice_of(enum cause cause)
{
    static const struct cause_advice nothing[] = {{{NULL}, ADVISE_ANYONE, NULL}};
    const struct cause_advice *advice = cause_row(cause)->advice;
    return advice != NULL ? advice : nothing;
}

bool advice_is_general(const struct case_file *file, const struct verdict *verdict)
{
    const struct judged_attempt judged = {file, verdict};
    for (const struct cause_advice *row = advice_of(verdict->cause); row->text != NULL; row++)
        if (conditions_hold(row->when, &judged) && slots_name_somebody(row->text))
            return false;
    return true;
}

size_t advice_select(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE],
                     enum advice_place places[], size_t max)
{
    const struct judged_attempt judged = {file, verdict};
    size_t count = 0;
    if (max > 0 && verdict->local_command[0]) { /* the machine itself names it, so it comes first */
        snprintf(out[0], ADVICE_SIZE, "%s", verdict->local_command);
        if (places != NULL)
            places[0] = verdict->local_command_at_client ? ADVISE_CLIENT : ADVISE_SERVER;
        count = 1;
    }
    for (const struct cause_advice *row = advice_of(verdict->cause); row->text != NULL && count < max; row++) {
        /* Half a command may do harm: one that does not fit is left out. */
        if (!conditions_hold(row->when, &judged) || !slots_fill(row->text, &judged, out[count], ADVICE_SIZE) ||
            out[count][0] == '\0')
            continue;
        if (places != NULL)
            places[count] = row->place;
        count++;
    }
    return count;
}

size_t report_advice(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE], size_t max)
{
    return advice_select(file, verdict, out, NULL, max);
}
