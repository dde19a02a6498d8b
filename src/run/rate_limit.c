#include "rate_limit.h"

#define SECOND_US 1000000

static void add(struct attempt_group *group, const struct attempt_summary *summary, enum cause cause)
{
    if (group->count++ == 0) {
        group->server = summary->key.server;
        group->server_port = summary->key.server_port;
        group->cause = cause;
        group->first_us = summary->first_us;
    } else if (!address_equal(&group->server, &summary->key.server))
        group->server = (struct address){{0}};
    group->last_us = summary->last_us;
}

bool rate_limit_exceeded(struct rate_limit *rate_limit, size_t slot)
{
    return rate_limit->most != 0 && rate_limit->row[slot].reported++ >= rate_limit->most;
}

bool rate_limit_takes(struct rate_limit *rate_limit, size_t slot, const struct attempt_summary *summary,
                      enum cause cause)
{
    struct rate_limit_row *row = &rate_limit->row[slot];
    if (!rate_limit_exceeded(rate_limit, slot))
        return false;
    if (row->group.count > 0 && row->group.cause != cause)
        return false; /* the slot has another verdict by now, and its group is still the earlier one's */
    add(&row->group, summary, cause);
    return true;
}

void rate_limit_report(struct rate_limit *rate_limit, int64_t now_us, bool all, struct report *report,
                       const char *source)
{
    if (rate_limit->most == 0 || (now_us < rate_limit->until_us && !all))
        return;
    rate_limit->until_us = now_us + SECOND_US;
    for (size_t i = 0; i < CACHED_VERDICTS; i++) {
        struct rate_limit_row *row = &rate_limit->row[i];
        if (row->group.count > 0)
            report_group(report, &row->group, source);
        *row = (struct rate_limit_row){0};
    }
}
