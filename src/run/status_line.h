/* The last line of a terminal: how far a long capture is read, or how a live one is doing. On standard error, only
 * where that is a terminal, and never among results: whoever writes anything there clears it first. */
#ifndef RUN_STATUS_LINE_H
#define RUN_STATUS_LINE_H

#include <sshsniff/capture.h>
#include <sshsniff/report.h>

struct status_line {
    bool wanted;        /* somebody can see it */
    size_t width;       /* of that terminal; 0: not known */
    bool stands;        /* there is one now */
    int64_t began_us;   /* monotonic clock; 0: nothing was read yet */
    int64_t next_us;    /* when it may be drawn again */
    uint64_t all_bytes; /* of the file in hand; 0: not known */
};

/* Before rights are given up: it asks the terminal. */
void status_line_begin(struct status_line *line);

/* A capture is read from its start now; `descriptor` is its file, -1: there is none. */
void status_line_source(struct status_line *line, int descriptor);

/* True at most twice in a second, and not in the first. `now_us`: monotonic clock. */
bool status_line_is_due(struct status_line *line, int64_t now_us);

/* "reading: 45 %, 1.2 million frames, 800000 a second, 12 s left" */
void status_line_progress(struct status_line *line, const struct source_stats *stats, int64_t now_us);

/* "120 attempts: kernel-rst 80, auth-failed 30, …; 0 frames dropped" */
void status_line_live(struct status_line *line, const struct report_counts *counts, const struct source_stats *stats);

void status_line_clear(struct status_line *line);

#endif
