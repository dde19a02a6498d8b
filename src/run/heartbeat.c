#include "heartbeat.h"

bool heartbeat_is_due(struct heartbeat *heartbeat, int64_t now_us)
{
    if (heartbeat->every_us == 0 || (heartbeat->begun && now_us < heartbeat->next_us))
        return false;
    heartbeat->begun = true;
    heartbeat->next_us = now_us + heartbeat->every_us;
    return true;
}

void heartbeat_write(struct report *report, const struct source_stats *stats, const struct tracker_stats *tracked,
                     int64_t processed_us, int64_t wall_us, const char *source)
{
    const int64_t lag_us = processed_us > 0 && wall_us > processed_us ? wall_us - processed_us : 0;
    const struct report_pulse pulse = {.ts_us = wall_us,
                                       .frames = stats->frames_read,
                                       .kernel_dropped = stats->kernel_dropped,
                                       .interface_dropped = stats->interface_dropped,
                                       .evicted = tracked->evicted,
                                       .attempts_open = tracked->attempts_now,
                                       .table_bytes = tracked->bytes,
                                       .lag_us = lag_us};
    report_pulse(report, &pulse, source);
}
