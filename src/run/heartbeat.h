/* Live: from time to time an object that says that the program runs, for whoever reads its output by program: an empty
 * log may mean that all is well, or that nobody looks. */
#ifndef RUN_HEARTBEAT_H
#define RUN_HEARTBEAT_H

#include <sshsniff/capture.h>
#include <sshsniff/report.h>

struct heartbeat {
    int64_t every_us; /* 0: none */
    int64_t next_us;  /* monotonic clock */
    bool begun;
};

/* `now_us`: monotonic clock. True at most once in `every_us`. */
bool heartbeat_is_due(struct heartbeat *heartbeat, int64_t now_us);

/* `processed_us`: up to when (packet time) everything was taken; `wall_us`: the time now on the same clock. */
void heartbeat_write(struct report *report, const struct source_stats *stats, const struct tracker_stats *tracked,
                     int64_t processed_us, int64_t wall_us, const char *source);

#endif
