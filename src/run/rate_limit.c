#include "rate_limit.h"

#define SECOND_US 1000000

static void add(struct attempt_group *attempt_group, const struct attempt_summary *summary, enum cause cause)
{
    if (attempt_group->count++ == 0) {
        attempt_group->server = summary->key.server;
        attempt_group->server_port = summary->key.server_port;
        attempt_group->cause = cause;
        attempt_group->first_us = summary->first_us;
    } else if (!address_equal(&attempt_group->server, &summary->key.server))
        attempt_group->server = (struct address){{0}};
    attempt_group->last_us = summary->last_us;
}

bool rate_limit_takes(struct rate_limit *rate_limit, size_t slot, const struct attempt_summary *summary,
                      enum cause cause)
{
    struct rate_limit_row *row = &rate_limit->row[slot];
    if (rate_limit->most == 0 || row->reported++ < rate_limit->most)
        return false;
    if (row->attempt_group.count > 0 && row->attempt_group.cause != cause)
        return false; /* another evidence_key has this slot now: the line that waits for it is of the one before */
    add(&row->attempt_group, summary, cause);
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
        if (row->attempt_group.count > 0)
            report_group(report, &row->attempt_group, source);
        *row = (struct rate_limit_row){0};
    }
}
