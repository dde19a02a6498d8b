/* Who reads the output by program is told that it still runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "run/heartbeat.h"

static void once_in_so_long(void **state)
{
    struct heartbeat heartbeat = {.every_us = 1000};
    (void)state;
    assert_true(heartbeat_is_due(&heartbeat, 500)); /* at once: that it has begun is news */
    assert_false(heartbeat_is_due(&heartbeat, 1499));
    assert_true(heartbeat_is_due(&heartbeat, 1500));
    assert_false(heartbeat_is_due(&heartbeat, 1501));
    struct heartbeat never = {.every_us = 0};
    assert_false(heartbeat_is_due(&never, 500));
}

static void only_programs_are_told(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        char text[1024] = "";
        FILE *out = fmemopen(text, sizeof text, "w");
        struct report *report =
            report_new(&(struct report_options){.format = report_format_named(json ? "json" : "text"), .out = out});
        const struct source_stats stats = {.frames_read = 7, .kernel_dropped = 2, .interface_dropped = 1};
        const struct tracker_stats tracked = {.evicted = 3, .attempts_now = 4, .bytes = 4096};
        heartbeat_write(report, &stats, &tracked, 1700000000000000, 1700000000250000, "eth0");
        report_close(report);
        fclose(out);
        if (json)
            assert_string_equal(
                text, "{\"type\":\"heartbeat\",\"schema\":1,\"ts\":\"2023-11-14T22:13:20.250000Z\","
                      "\"frames\":7,\"frames_dropped\":2,\"frames_dropped_by_interface\":1,"
                      "\"attempts\":0,\"attempts_failed\":0,\"attempts_evicted\":3,"
                      "\"attempts_open\":4,\"table_bytes\":4096,\"lag_ms\":250,\"source\":\"eth0\",\"sensor\":null}\n");
        else
            assert_string_equal(text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_in_so_long),
        cmocka_unit_test(only_programs_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
