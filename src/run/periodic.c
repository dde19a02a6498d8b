#include "periodic.h"

#include "base/clock.h"
#include "base/steady_clock.h"

static void beat(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct tracker_stats tracked;
    if (!watch->live || !heartbeat_is_due(&watch->heartbeat, monotonic_us()))
        return;
    source_stats(source, &stats);
    tracker_stats(watch->tracker, &tracked);
    heartbeat_write(watch->report, &stats, &tracked, watch->advanced_us, steady_now_us(), watch->source_name);
}

static bool put_metrics(struct watch *watch, struct metrics *metrics)
{
    char error[SOURCE_ERROR_SIZE];
    report_counts(watch->report, &metrics->counts);
    if (metrics_file_write(&watch->metrics, metrics, error, sizeof error))
        return true;
    watch_complain(watch, error);
    return false;
}

bool watch_write_metrics(struct watch *watch)
{
    struct metrics metrics = {.frames = watch->totals.frames,
                              .undecodable = watch->totals.undecodable,
                              .kernel_dropped = watch->totals.kernel_dropped,
                              .interface_dropped = watch->totals.interface_dropped,
                              .evicted = watch->totals.evicted};
    return put_metrics(watch, &metrics);
}

static void keep_metrics(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct tracker_stats tracked;
    if (!watch->live || !metrics_file_is_due(&watch->metrics, monotonic_us()))
        return;
    source_stats(source, &stats);
    tracker_stats(watch->tracker, &tracked);
    const int64_t wall_us = wall_clock_us();
    struct metrics metrics = {.frames = stats.frames_read,
                              .undecodable = tracked.undecodable,
                              .kernel_dropped = stats.kernel_dropped,
                              .interface_dropped = stats.interface_dropped,
                              .evicted = tracked.evicted,
                              .attempts_open = tracked.attempts_now,
                              .table_bytes = tracked.bytes,
                              .lag_us = watch->advanced_us > 0 ? wall_us - watch->advanced_us : 0};
    (void)put_metrics(watch, &metrics);
}

static void show_status(struct watch *watch, struct source *source)
{
    struct source_stats stats;
    struct report_counts counts;
    const int64_t now_us = watch->status.wanted ? monotonic_us() : 0;
    if (!status_line_is_due(&watch->status, now_us))
        return;
    source_stats(source, &stats);
    report_counts(watch->report, &counts);
    if (watch->live)
        status_line_live(&watch->status, &counts, &stats);
    else
        status_line_progress(&watch->status, &stats, now_us);
}

void periodic(struct watch *watch, struct source *source)
{
    beat(watch, source);
    keep_metrics(watch, source);
    show_status(watch, source);
}
