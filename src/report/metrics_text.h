/* Counts in Prometheus' text format (version 0.0.4), as node_exporter's textfile collector reads it: without time
 * stamps. */
#ifndef REPORT_METRICS_TEXT_H
#define REPORT_METRICS_TEXT_H

#include <sshsniff/report.h>

#include "buffer.h"

struct metrics {
    uint64_t frames, undecodable, kernel_dropped, interface_dropped, evicted;
    uint64_t attempts_open, table_bytes; /* now; 0 after the end */
    int64_t lag_us;
    const char *version, *source; /* of this program; the interface, or "" */
    struct report_counts counts;
};

void metrics_text(struct buffer *out, const struct metrics *metrics);

#endif
