/* Live: of attempts with the same evidence only so many a second are reported one by one; one line counts the others of
 * that second. Otherwise a flood of SYNs from random sources would cost a line each, here and wherever the lines go.
 * Attempts whose evidence is not compared (ICMP errors, for one, never have the same) are counted by their cause, but
 * never those in which SSH was spoken: no spoofer gets that far. */
#ifndef RUN_RATE_LIMIT_H
#define RUN_RATE_LIMIT_H

#include <sshsniff/report.h>

#include "verdict_cache.h"

struct rate_limit_row {
    uint64_t reported;          /* one by one, in this second */
    struct attempt_group group; /* the others */
};

/* All zero but for `most`: nothing has come yet. */
struct rate_limit {
    uint64_t most;                               /* reported one by one in a second; 0: all */
    int64_t until_us;                            /* the end of this second */
    struct rate_limit_row row[CACHED_VERDICTS];  /* one for each slot of the verdict cache */
    struct rate_limit_row by_cause[CAUSE_COUNT]; /* of attempts that have no slot there */
};

/* True where more than `most` have come in this second with this one, which is counted as if it were reported. */
bool rate_limit_exceeded(struct rate_limit *rate_limit, size_t slot);

/* True where this attempt is counted in a group and must not be reported by itself. `slot`: of its cached verdict. */
bool rate_limit_takes(struct rate_limit *rate_limit, size_t slot, const struct attempt_summary *summary,
                      enum cause cause);

/* The same for an attempt without a cached verdict, and whose lookup is NULL. */
bool rate_limit_takes_other(struct rate_limit *rate_limit, const struct attempt *attempt, enum cause cause);

/* Reports the groups if their second is over; `all`: even if it is not. */
void rate_limit_report(struct rate_limit *rate_limit, int64_t now_us, bool all, struct report *report,
                       const char *source);

#endif
