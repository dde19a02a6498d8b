/* The rows of all causes, by number. */
#include "causes.h"

#define CAUSE_ROW_ADDRESS(upper, lower) [CAUSE_##upper] = &cause_##lower,
typedef const struct cause_row *row_address;
static const row_address rows[] = {CAUSE_LIST(CAUSE_ROW_ADDRESS)};

_Static_assert(sizeof rows / sizeof(row_address) == CAUSE_COUNT, "each cause has one row");

const struct cause_row *cause_row(enum cause cause)
{
    return rows[cause];
}

bool conditions_hold(const struct condition *const when[CAUSE_CONDITIONS], const struct judged_attempt *judged)
{
    for (int i = 0; i < CAUSE_CONDITIONS; i++)
        if (when[i] && !when[i]->holds(judged))
            return false;
    return true;
}

const char *cause_text(const struct cause_text *list, const struct judged_attempt *judged)
{
    for (; list && list->text; list++)
        if (conditions_hold(list->when, judged))
            return list->text;
    return NULL;
}

const char *cause_name(enum cause cause)
{
    return rows[cause]->id;
}

bool cause_is_failure(enum cause cause)
{
    return rows[cause]->outcome == OUTCOME_FAILED;
}

bool cause_is_scan(enum cause cause)
{
    return rows[cause]->outcome == OUTCOME_SCANNED;
}
