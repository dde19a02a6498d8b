#include "rate_limit.h"

#define SECOND_US 1000000

static void add(struct attempt_group *group, const struct flow_key *key, int64_t first_us, int64_t last_us,
                enum cause cause)
{
    if (group->count++ == 0) {
        group->server = key->server;
        group->server_port = key->server_port;
        group->cause = cause;
        group->first_us = first_us;
    } else if (!address_equal(&group->server, &key->server))
        group->server = (struct address){{0}};
    group->last_us = last_us;
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
    add(&row->group, &summary->key, summary->first_us, summary->last_us, cause);
    return true;
}

bool rate_limit_takes_other(struct rate_limit *rate_limit, const struct attempt *attempt, enum cause cause)
{
    struct rate_limit_row *row = &rate_limit->by_cause[cause];
    if (rate_limit->most == 0 || attempt->facts & FACT_SSH_BYTES || row->reported++ < rate_limit->most)
        return false;
    add(&row->group, &attempt->key, attempt->syn.ts_us, attempt->last_us, cause);
    return true;
}

static void end_second(struct rate_limit_row *row, struct report *report, const char *source)
{
    if (row->group.count > 0)
        report_group(report, &row->group, source);
    *row = (struct rate_limit_row){0};
}

void rate_limit_report(struct rate_limit *rate_limit, int64_t now_us, bool all, struct report *report,
                       const char *source)
{
    if (rate_limit->most == 0 || (now_us < rate_limit->until_us && !all))
        return;
    rate_limit->until_us = now_us + SECOND_US;
    for (size_t i = 0; i < CACHED_VERDICTS; i++)
        end_second(&rate_limit->row[i], report, source);
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        end_second(&rate_limit->by_cause[i], report, source);
}
