/* Live: of attempts that are alike only so many a second are reported one by one, and the others of that second in one
 * line. A flood of SYNs from random sources would cost a line for each else, here and wherever the lines go. */
#ifndef RUN_RATE_LIMIT_H
#define RUN_RATE_LIMIT_H

#include <sshsniff/report.h>

#include "verdict_cache.h"

struct rate_limit_row {
    uint64_t reported; /* one by one, in this second */
    struct attempt_group attempt_group;
};

/* All zero but for `most`: nothing has come yet. */
struct rate_limit {
    uint64_t most; /* a second; 0: all of them */
    int64_t until_us;
    struct rate_limit_row row[CACHED_VERDICTS]; /* as in struct cache */
};

/* True where this one is counted with others, and is not to be reported. `slot` is where its evidence_key is
 * cached_verdict. */
bool rate_limit_takes(struct rate_limit *rate_limit, size_t slot, const struct attempt_summary *summary,
                      enum cause cause);

/* Writes what was counted where its second is over, or `all` of it. */
void rate_limit_report(struct rate_limit *rate_limit, int64_t now_us, bool all, struct report *report,
                       const char *source);

#endif
