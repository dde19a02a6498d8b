/* Live: attempts with the same evidence beyond so many a second become one line, and none is lost from the counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/report.h>

#include "run/rate_limit.h"

enum { SECOND = 1000000, SLOT = 7 };

static struct attempt_summary summary(uint8_t server, int64_t ts_us)
{
    struct attempt_summary o = {.first_us = ts_us, .last_us = ts_us + 10, .packets = 1, .syns = 1};
    const uint8_t address[4] = {10, 0, 0, server};
    o.key.server = address_from_ipv4(address);
    o.key.server_port = 22;
    return o;
}

/* `count` attempts with the same evidence on 10.0.0.`server`, one each microsecond; how many went into a group. */
static unsigned arrive(struct rate_limit *rate_limit, unsigned count, uint8_t server, int64_t ts_us)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < count; i++) {
        struct attempt_summary o = summary(server, ts_us + i);
        taken += rate_limit_takes(rate_limit, SLOT, &o, CAUSE_SILENT_DROP);
    }
    return taken;
}

static void write_groups(struct rate_limit *rate_limit, int64_t now_us, bool all, const char *format, char *text,
                         size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    memset(text, 0, size);
    struct report *report =
        report_new(&(struct report_options){.format = report_format_named(format), .out = out, .numeric = true});
    rate_limit_report(rate_limit, now_us, all, report, "eth0");
    report_close(report);
    fclose(out);
}

static void beyond_so_many_one_line(void **state)
{
    static struct rate_limit rate_limit = {.most = 100};
    char text[1024];
    (void)state;
    write_groups(&rate_limit, SECOND, false, "json", text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(arrive(&rate_limit, 100, 1, 5 * SECOND), 0);
    assert_int_equal(arrive(&rate_limit, 50, 1, 6 * SECOND), 50);
    write_groups(&rate_limit, 2 * SECOND - 1, false, "json", text, sizeof text);
    assert_string_equal(text, "");
    write_groups(&rate_limit, 2 * SECOND, false, "json", text, sizeof text);
    assert_string_equal(text, "{\"type\":\"flood\",\"schema\":1,\"ts\":\"1970-01-01T00:00:06.000000Z\","
                              "\"until\":\"1970-01-01T00:00:06.000059Z\",\"dst_ip\":\"10.0.0.1\",\"dst_port\":22,"
                              "\"cause\":\"silent-drop\",\"attempts\":50,\"source\":\"eth0\",\"sensor\":null}\n");
}

static void each_second_begins_anew(void **state)
{
    static struct rate_limit rate_limit = {.most = 100};
    char text[1024];
    (void)state;
    assert_int_equal(arrive(&rate_limit, 130, 1, SECOND), 30);
    write_groups(&rate_limit, 5 * SECOND, false, "json", text, sizeof text);
    assert_non_null(strstr(text, "\"attempts\":30"));
    assert_int_equal(arrive(&rate_limit, 100, 1, SECOND), 0);
    write_groups(&rate_limit, 6 * SECOND, false, "json", text, sizeof text);
    assert_string_equal(text, "");
}

static void several_servers_are_no_one_server(void **state)
{
    static struct rate_limit rate_limit = {.most = 1};
    char text[1024];
    (void)state;
    assert_int_equal(arrive(&rate_limit, 3, 1, SECOND), 2);
    assert_int_equal(arrive(&rate_limit, 3, 2, SECOND), 3);
    write_groups(&rate_limit, 0, true, "json", text, sizeof text);
    assert_non_null(strstr(text, "\"dst_ip\":null"));
    assert_non_null(strstr(text, "\"attempts\":5"));
}

static void text_says_it_in_words(void **state)
{
    static struct rate_limit rate_limit = {.most = 1};
    char text[1024];
    (void)state;
    assert_int_equal(arrive(&rate_limit, 3, 1, SECOND), 2);
    write_groups(&rate_limit, 0, true, "text", text, sizeof text);
    assert_non_null(strstr(text, "and 2 more alike within a second, to 10.0.0.1, port 22: "));
}

static void zero_means_each(void **state)
{
    static struct rate_limit rate_limit;
    char text[1024];
    (void)state;
    assert_int_equal(arrive(&rate_limit, 100000, 1, SECOND), 0);
    write_groups(&rate_limit, 0, true, "json", text, sizeof text);
    assert_string_equal(text, "");
}

static void without_a_slot_by_cause(void **state)
{
    static struct rate_limit rate_limit = {.most = 100};
    char text[1024];
    unsigned taken = 0;
    (void)state;
    for (unsigned i = 0; i < 150; i++) {
        const struct attempt_summary o = summary(1, 5 * SECOND + i);
        const struct attempt attempt = {.key = o.key, .syn.ts_us = o.first_us, .last_us = o.last_us};
        taken += rate_limit_takes_other(&rate_limit, &attempt, CAUSE_FIREWALL_ICMP);
        /* one in which SSH was spoken is told whatever else comes */
        const struct attempt login = {.key = o.key, .facts = FACT_SSH_BYTES};
        assert_false(rate_limit_takes_other(&rate_limit, &login, CAUSE_FIREWALL_ICMP));
        assert_false(i < 50 && rate_limit_takes_other(&rate_limit, &attempt, CAUSE_KERNEL_RST));
    }
    assert_int_equal(taken, 50);
    write_groups(&rate_limit, 7 * SECOND, false, "json", text, sizeof text);
    assert_non_null(strstr(text, "firewall-icmp"));
    assert_non_null(strstr(text, "\"attempts\":50"));
    assert_null(strstr(text, "kernel-rst"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_slot_by_cause), cmocka_unit_test(beyond_so_many_one_line),
        cmocka_unit_test(each_second_begins_anew), cmocka_unit_test(several_servers_are_no_one_server),
        cmocka_unit_test(text_says_it_in_words),   cmocka_unit_test(zero_means_each),
    };
    return cmocka_run_group_tests_name("rate limit", tests, NULL, NULL);
}
