/* --metrics: counts for Prometheus, in a file that is replaced every 15 s live, and at the end. */
#ifndef RUN_METRICS_FILE_H
#define RUN_METRICS_FILE_H

#include "heartbeat.h"
#include "os/exchanged_file.h"
#include "report/metrics_text.h"

#define METRICS_EVERY_US 15000000

struct metrics_file {
    const char *path; /* NULL: none is wanted */
    bool is_open, failed;
    struct exchanged_file file;
    struct heartbeat due;
    struct buffer text;
    const char *version, *source; /* for the labels; `source` "": files */
};

/* With `path`, `version` and `source` set, before rights are given up; `user`: -Z's, or NULL. False with one line in
 * `error`. */
bool metrics_file_open(struct metrics_file *file, const char *user, char *error, size_t size);

/* `now_us`: monotonic clock. */
bool metrics_file_is_due(struct metrics_file *file, int64_t now_us);

/* False with one line in `error`, once. */
bool metrics_file_write(struct metrics_file *file, struct metrics *metrics, char *error, size_t size);

void metrics_file_close(struct metrics_file *file);

#endif
