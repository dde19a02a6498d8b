/* What the summary says, in text and in JSON, and the lines of folded attempts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <sshsniff/report.h>

#include "report/tally.h"
#include "report/text_wrap.h"

struct writing {
    struct report *report;
    FILE *out;
    char *text;
    size_t size;
};

static void begin_wide(struct writing *w, const char *format, unsigned verbose, size_t width)
{
    w->text = NULL;
    w->out = open_memstream(&w->text, &w->size);
    w->report = report_new(&(struct report_options){
        .format = report_format_named(format), .out = w->out, .width = width, .numeric = true, .verbose = verbose});
    assert_non_null(w->report);
}

static void begin(struct writing *w, const char *format, unsigned verbose)
{
    begin_wide(w, format, verbose, 0);
}

/* Free the text. */
static char *end(struct writing *w)
{
    assert_true(report_close(w->report));
    fclose(w->out);
    return w->text;
}

static struct address v4(uint32_t number)
{
    const uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return address_from_ipv4(bytes);
}

static struct address v6(uint32_t number)
{
    struct address address = {{0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0}};
    for (int i = 0; i < 4; i++)
        address.bytes[15 - i] = (uint8_t)(number >> 8 * i);
    return address;
}

static void count(struct writing *w, struct address client, struct address server, enum cause cause)
{
    report_count(w->report, &(struct flow_key){.client = client, .server = server, .server_port = 22}, cause);
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void by_cause_server_and_client(void **state)
{
    struct writing w;
    (void)state;
    begin(&w, "text", 0);
    for (int i = 0; i < 3; i++)
        count(&w, v4(1), v4(0x100), CAUSE_KERNEL_RST);
    count(&w, v4(1), v4(0x100), CAUSE_NONE);
    count(&w, v4(2), v4(0x200), CAUSE_AUTH_FAILED);
    count(&w, v4(2), v4(0x200), CAUSE_UNDETERMINED);
    report_summary(w.report, &(struct report_totals){.frames = 20});
    char *text = end(&w);
    assert_string_equal(text, "6 attempts: 4 failed, 1 logged in, 1 undetermined\n"
                              "by cause\n"
                              "       3  kernel-rst            refused: nothing listens on that port\n"
                              "       1  auth-failed           the login was refused\n"
                              "       1  none                  logged in\n"
                              "       1  undetermined          undetermined: the capture does not hold enough to tell\n"
                              "by server\n"
                              "       3 of 4 failed  10.0.1.0         kernel-rst 3\n"
                              "       1 of 2 failed  10.0.2.0         auth-failed 1\n"
                              "by client\n"
                              "       3 of 4 failed  10.0.0.1         kernel-rst 3\n"
                              "       1 of 2 failed  10.0.0.2         auth-failed 1\n"
                              "20 frames read, 0 undecodable, 0 dropped by the kernel\n");
    free(text);
}

/* All causes, and many hosts of long addresses: it fits a screen, and says what it leaves out. */
static void fits_a_screen(void **state)
{
    struct writing w;
    (void)state;
    begin(&w, "text", 0);
    for (uint32_t host = 0; host < 50; host++)
        for (int cause = 0; cause < CAUSE_COUNT; cause++)
            for (int i = 0; i <= cause; i++)
                count(&w, v6(host), v6(host + 1000), (enum cause)cause);
    report_summary(w.report, &(struct report_totals){.frames = 20, .evicted = 3, .interface_dropped = 4});
    char *text = end(&w);
    assert_in_range(lines_of(text), 18, 23); /* and the shell's prompt */
    assert_non_null(strstr(text, "by server (4 of 50 with failures)\n"));
    assert_non_null(strstr(text, "by client (4 of 50 with failures)\n"));
    unsigned long long sum = 0, all = 50ull * CAUSE_COUNT * (CAUSE_COUNT + 1) / 2;
    const char *line = strchr(strstr(text, "by cause"), '\n') + 1;
    for (; *line == ' '; line = strchr(line, '\n') + 1)
        sum += strtoull(line, NULL, 10);
    assert_int_equal(sum, all);
    for (line = strstr(text, "by server"); *line == ' ' || *line == 'b'; line = strchr(line, '\n') + 1)
        assert_true(text_columns(line, strcspn(line, "\n")) <= 100);
    free(text);
}

/* The same with names and neighbours beside, on other terminals; on a narrow one it may be longer, but no wider. */
static void fits_other_screens(void **state)
{
    static const struct {
        size_t width, lines;
    } screens[] = {{40, 60}, {60, 34}, {80, 23}, {120, 23}, {200, 23}};
    (void)state;
    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
        struct writing w;
        struct report_totals totals = {.frames = 5200000000, .evicted = 3000000, .kernel_dropped = 4000000};
        totals.other_lookups = (struct other_lookups){
            .names = 600, .neighbours = 700, .names_kept = OTHERS_KEPT, .neighbours_kept = OTHERS_KEPT};
        begin_wide(&w, "text", 0, screens[i].width);
        for (uint32_t host = 0; host < 50; host++)
            for (int cause = 0; cause < CAUSE_COUNT; cause++)
                count(&w, v6(host), v6(host + 1000), (enum cause)cause);
        for (unsigned k = 0; k < OTHERS_KEPT; k++) {
            snprintf(totals.other_lookups.name[k], DNS_NAME_SIZE, "a-name-of-some-length-%u.example.net", k);
            totals.other_lookups.neighbour[k] = v6(k);
        }
        report_summary(w.report, &totals);
        char *text = end(&w);
        if (lines_of(text) > screens[i].lines)
            fail_msg("%zu columns, %zu lines:\n%s", screens[i].width, lines_of(text), text);
        for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
            if (text_columns(line, strcspn(line, "\n")) > screens[i].width)
                fail_msg("wider than %zu columns: %s", screens[i].width, line);
        free(text);
    }
}

/* Of more hosts than can be kept it lists those that stand out, and says by how much it may be wrong. */
static void says_when_counts_are_bounds(void **state)
{
    struct writing w;
    (void)state;
    begin(&w, "text", 0);
    for (uint32_t i = 0; i < 40000; i++)
        count(&w, v6(i), v4(1), CAUSE_SILENT_DROP);
    for (uint32_t i = 0; i < 500; i++)
        count(&w, v4(7), v4(1), CAUSE_AUTH_FAILED);
    report_summary(w.report, &(struct report_totals){.frames = 20});
    char *text = end(&w);
    assert_non_null(strstr(text, "by client (of more than 1024)\n"));
    const char *row = strstr(text, "10.0.0.7");
    unsigned long long more = 0, counted = 0;
    assert_non_null(row);
    assert_int_equal(sscanf(row, "10.0.0.7 auth-failed %llu (at most %llu more)", &counted, &more), 2);
    assert_true(counted <= 500 && counted + more >= 500 && more < 40);
    assert_non_null(strstr(text, "   40500 of 40500 failed  10.0.0.1 "));
    free(text);
}

static void json_has_hosts(void **state)
{
    struct writing w;
    (void)state;
    begin(&w, "json", 0);
    count(&w, v4(1), v4(0x100), CAUSE_KERNEL_RST);
    count(&w, v4(1), v4(0x100), CAUSE_NONE);
    count(&w, v4(2), (struct address){{0}}, CAUSE_NAME_FAILURE);
    for (uint32_t i = 0; i < 20; i++)
        count(&w, v4(3), v4(0x200 + i), CAUSE_NONE);
    report_summary(w.report, &(struct report_totals){.frames = 20});
    char *text = end(&w);
    assert_non_null(strstr(text, ",\"attempts_scanned\":0,"));
    assert_non_null(strstr(text, ",\"servers\":[{\"address\":\"10.0.1.0\",\"attempts\":2,"
                                 "\"failures\":1,\"by_cause\":{\"kernel-rst\":1,\"none\":1},\"error\":0},"
                                 "{\"address\":\"10.0.2.0\",\"attempts\":1,\"failures\":0,\"by_cause\":{\"none\":1},"
                                 "\"error\":0},"));
    assert_non_null(strstr(text, ",\"clients\":[{\"address\":\"10.0.0.1\",\"attempts\":2,\"failures\":1,"
                                 "\"by_cause\":{\"kernel-rst\":1,\"none\":1},\"error\":0},{\"address\":\"10.0.0.2\","
                                 "\"attempts\":1,\"failures\":1,\"by_cause\":{\"name-failure\":1},\"error\":0},"
                                 "{\"address\":\"10.0.0.3\",\"attempts\":20,\"failures\":0,\"by_cause\":{\"none\":20},"
                                 "\"error\":0}]}\n"));
    const char *servers = strstr(text, "\"servers\"");
    size_t rows = 0;
    for (const char *at = servers; (at = strstr(at, "\"address\"")) != NULL && at < strstr(text, "\"clients\""); at++)
        rows++;
    assert_int_equal(rows, 10);
    free(text);
}

/* 1795330126 is 2026-11-22 06:48:46 in UTC. */
static void lines_of_folds(void **state)
{
    struct writing w;
    (void)state;
    const int64_t first = 1795330126852817;
    begin_wide(&w, "text", 0, 200);
    assert_true(report_folds(w.report));
    report_fold(w.report, &(struct folded_attempts){.cause = CAUSE_KERNEL_RST,
                                                    .server = v4(0x70202),
                                                    .client = v4(0x70102),
                                                    .server_port = 22,
                                                    .name = "",
                                                    .count = 36,
                                                    .first_us = first,
                                                    .last_us = first + 60000000});
    report_fold(w.report, &(struct folded_attempts){.cause = CAUSE_AUTH_FAILED,
                                                    .server = v6(1),
                                                    .server_port = 22,
                                                    .name = "",
                                                    .count = 480,
                                                    .clients = 312,
                                                    .first_us = first,
                                                    .last_us = first + 86400000000});
    report_fold(w.report, &(struct folded_attempts){.cause = CAUSE_NAME_FAILURE,
                                                    .client = v4(1),
                                                    .name = "no\033where.example",
                                                    .count = 1,
                                                    .first_us = first,
                                                    .last_us = first});
    report_fold(w.report, &(struct folded_attempts){.cause = CAUSE_UNDETERMINED,
                                                    .name = "",
                                                    .count = 5000,
                                                    .clients = 2048,
                                                    .more_clients = true,
                                                    .first_us = first,
                                                    .last_us = first});
    char *text = end(&w);
    assert_string_equal(
        text,
        "2026-11-22 06:48:46.852  10.7.1.2 → 10.7.2.2:22  kernel-rst × 36 more, last at 06:49:46\n"
        "2026-11-22 06:48:46.852  several → [2001:db8:1234:5678:9abc:def0:0:1]:22  auth-failed × 480 more from 312 "
        "clients, last at 2026-11-23 06:48:46\n"
        "2026-11-22 06:48:46.852  10.0.0.1 → no?where.example  name-failure × 1 more, last at 06:48:46\n"
        "2026-11-22 06:48:46.852  several → several hosts  undetermined × 5000 more from more than 2048 clients, "
        "last at 06:48:46\n");
    free(text);
}

static void who_folds(void **state)
{
    struct writing w;
    (void)state;
    begin(&w, "text", 1);
    assert_false(report_folds(w.report));
    free(end(&w));
    begin(&w, "json", 0);
    assert_false(report_folds(w.report));
    free(end(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_cause_server_and_client),
        cmocka_unit_test(fits_a_screen),
        cmocka_unit_test(fits_other_screens),
        cmocka_unit_test(says_when_counts_are_bounds),
        cmocka_unit_test(json_has_hosts),
        cmocka_unit_test(lines_of_folds),
        cmocka_unit_test(who_folds),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
