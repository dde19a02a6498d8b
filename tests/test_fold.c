/* Repeats: the first is told in full, the others are counted and told in lines, and none is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/caller_address.h"
#include "run/fold.h"
#include "run/fold_clients.h"

#define SECOND 1000000LL
#define START  1795330126000000LL

/* The lines told, the latest few of them whole. */
struct lines {
    struct folded_attempts line[64];
    char name[64][64];
    size_t count;
    uint64_t attempts;
};

static void on_line(void *context, const struct folded_attempts *folded)
{
    struct lines *lines = context;
    assert_true(folded->count > 0);
    const size_t at = lines->count++ % 64;
    lines->line[at] = *folded;
    snprintf(lines->name[at], sizeof lines->name[at], "%s", folded->name);
    lines->attempts += folded->count;
}

static struct address v4(uint32_t number)
{
    const uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return address_from_ipv4(bytes);
}

static struct fold_item item(enum cause cause, uint32_t client, uint32_t server, int64_t seconds)
{
    return (struct fold_item){
        .cause = cause,
        .client = v4(client),
        .server = v4(server),
        .server_port = 22,
        .name = "",
        .began_us = START + seconds * SECOND,
        .seen_us = START + seconds * SECOND,
    };
}

/* True where it is folded away. */
static bool come(struct fold *fold, enum cause cause, uint32_t client, uint32_t server, int64_t seconds)
{
    const struct fold_item one = item(cause, client, server, seconds);
    return fold_takes(fold, &one);
}

enum { SERVER = 0x20202, OTHER = 0x20203 };

static void first_in_full_then_one_line(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    (void)state;
    assert_false(come(fold, CAUSE_KERNEL_RST, 1, SERVER, 0));
    for (int i = 1; i <= 36; i++)
        assert_true(come(fold, CAUSE_KERNEL_RST, 1, SERVER, i));
    fold_advance(fold, START + 55 * SECOND);
    assert_int_equal(lines.count, 0);
    fold_advance(fold, START + 56 * SECOND); /* nothing more for 20 s */
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.line[0].count, 36);
    assert_int_equal(lines.line[0].cause, CAUSE_KERNEL_RST);
    assert_int_equal(lines.line[0].server_port, 22);
    const struct address client = v4(1), server = v4(SERVER);
    assert_true(address_equal(&lines.line[0].client, &client));
    assert_true(address_equal(&lines.line[0].server, &server));
    assert_int_equal(lines.line[0].clients, 0);
    assert_int_equal(lines.line[0].first_us, START + 1 * SECOND);
    assert_int_equal(lines.line[0].last_us, START + 36 * SECOND);
    fold_finish(fold);
    assert_int_equal(lines.count, 1);
    fold_free(fold);
}

static void a_line_after_a_minute_and_then_fewer(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    size_t at_minute = 0;
    (void)state;
    assert_false(come(fold, CAUSE_AUTH_FAILED, 1, SERVER, 0));
    for (int i = 1; i < 3600; i++) {
        assert_true(come(fold, CAUSE_AUTH_FAILED, 1, SERVER, i));
        if (i == 63)
            at_minute = lines.count;
    }
    assert_int_equal(at_minute, 1);
    assert_in_range(lines.line[0].count, 59, 61);
    fold_finish(fold);
    assert_in_range(lines.count, 6, 12);
    assert_int_equal(lines.attempts, 3599);
    fold_free(fold);
}

static void over_after_a_long_silence(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    (void)state;
    assert_false(come(fold, CAUSE_SILENT_DROP, 1, SERVER, 0));
    assert_true(come(fold, CAUSE_SILENT_DROP, 1, SERVER, 500));
    assert_false(come(fold, CAUSE_SILENT_DROP, 1, SERVER, 1200));
    assert_int_equal(lines.attempts, 1);
    fold_free(fold);
}

static void what_differs_is_told(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    struct fold_item other_port = item(CAUSE_KERNEL_RST, 1, SERVER, 4);
    struct fold_item name = item(CAUSE_NAME_FAILURE, 1, 0, 5);
    (void)state;
    assert_false(come(fold, CAUSE_KERNEL_RST, 1, SERVER, 0));
    assert_false(come(fold, CAUSE_FIREWALL_RST, 1, SERVER, 1));
    assert_false(come(fold, CAUSE_KERNEL_RST, 2, SERVER, 2));
    assert_false(come(fold, CAUSE_KERNEL_RST, 1, OTHER, 3));
    other_port.server_port = 2222;
    assert_false(fold_takes(fold, &other_port));
    name.server = (struct address){{0}};
    name.server_port = 0;
    name.name = "one.example";
    assert_false(fold_takes(fold, &name));
    name.name = "other.example";
    assert_false(fold_takes(fold, &name));
    assert_true(fold_takes(fold, &name));
    assert_false(come(fold, CAUSE_NONE, 1, SERVER, 6));
    assert_false(come(fold, CAUSE_NONE, 1, SERVER, 7));
    fold_finish(fold);
    assert_int_equal(lines.count, 1);
    assert_string_equal(lines.name[0], "other.example");
    fold_free(fold);
}

/* What fails after a login that went through is news again. */
static void a_login_ends_it(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    (void)state;
    assert_false(come(fold, CAUSE_AUTH_FAILED, 1, SERVER, 0));
    assert_true(come(fold, CAUSE_AUTH_FAILED, 1, SERVER, 1));
    assert_false(come(fold, CAUSE_NONE, 1, SERVER, 2));
    assert_int_equal(lines.attempts, 1);
    assert_false(come(fold, CAUSE_AUTH_FAILED, 1, SERVER, 3));
    fold_free(fold);
}

static void many_clients_are_one_line(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    (void)state;
    for (uint32_t i = 1; i <= 5; i++)
        assert_false(come(fold, CAUSE_AUTH_FAILED, i, SERVER, i));
    for (uint32_t i = 6; i <= 317; i++)
        assert_true(come(fold, CAUSE_AUTH_FAILED, i, SERVER, 6));
    for (uint32_t i = 6; i <= 173; i++)
        assert_true(come(fold, CAUSE_AUTH_FAILED, i, SERVER, 7));
    assert_false(come(fold, CAUSE_AUTH_FAILED, 318, OTHER, 8));
    fold_finish(fold);
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.line[0].count, 480);
    assert_int_equal(lines.line[0].clients, 312);
    assert_false(lines.line[0].more_clients);
    assert_true(address_is_none(&lines.line[0].client));
    fold_free(fold);
}

/* Six in more than a minute are not many. */
static void few_in_a_minute_are_told(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    (void)state;
    for (uint32_t i = 1; i <= 40; i++)
        assert_false(come(fold, CAUSE_AUTH_FAILED, i, SERVER, i * 13));
    assert_true(come(fold, CAUSE_AUTH_FAILED, 41, SERVER, 40 * 13 + 1)); /* and five in the 53 s before */
    fold_finish(fold);
    assert_int_equal(lines.attempts, 1);
    fold_free(fold);
}

/* A crowd around it, and its own repeats, must not hide a client that had logged in, nor the caller. */
static void some_clients_stay_alone(void **state)
{
    enum { LOGGED_IN = 70001, OWN = 70002, STRANGER = 70003 };
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    const struct address own[3] = {v4(9), v4(OWN), v4(3)};
    (void)state;
    assert_true(fold_own_addresses(fold, own, 3));
    assert_false(come(fold, CAUSE_NONE, LOGGED_IN, OTHER, 0));
    for (uint32_t i = 100; i < 200; i++)
        come(fold, CAUSE_AUTH_FAILED, i, SERVER, 1);
    assert_true(come(fold, CAUSE_AUTH_FAILED, STRANGER, SERVER, 2));
    assert_false(come(fold, CAUSE_AUTH_FAILED, LOGGED_IN, SERVER, 2));
    assert_false(come(fold, CAUSE_AUTH_FAILED, OWN, SERVER, 2));
    assert_true(come(fold, CAUSE_AUTH_FAILED, OWN, SERVER, 3));
    assert_int_equal(lines.count, 0);
    fold_finish(fold);
    assert_int_equal(lines.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const bool crowd = address_is_none(&lines.line[i].client);
        assert_int_equal(lines.line[i].count, crowd ? 96 : 1);
        assert_true(crowd || address_equal(&lines.line[i].client, &own[1]));
    }
    fold_free(fold);
}

static bool scan_comes(struct fold *fold, uint32_t client, uint32_t server, uint16_t port, int64_t seconds)
{
    struct fold_item one = item(CAUSE_CLIENT_ABORT, client, server, seconds);
    one.scan = true;
    one.server_port = port;
    return fold_takes(fold, &one);
}

/* From whom and of which ports does not count, nor how few there are. */
static void scans_are_one_line(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    const struct address server = v4(SERVER);
    (void)state;
    assert_false(come(fold, CAUSE_NONE, 2, SERVER, 0));
    assert_false(scan_comes(fold, 1, SERVER, 22, 0));
    assert_true(scan_comes(fold, 2, SERVER, 22, 1));
    assert_true(scan_comes(fold, 1, SERVER, 22, 2));
    fold_advance(fold, START + 30 * SECOND);
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.line[0].count, 2);
    assert_int_equal(lines.line[0].clients, 2);
    assert_int_equal(lines.line[0].server_port, 22);
    assert_true(address_equal(&lines.line[0].server, &server));

    assert_true(scan_comes(fold, 1, SERVER, 22, 31));
    assert_true(scan_comes(fold, 1, SERVER, 2222, 31));
    fold_advance(fold, START + 80 * SECOND);
    assert_int_equal(lines.count, 2);
    assert_int_equal(lines.line[1].clients, 1);
    assert_int_equal(lines.line[1].server_port, 0);
    assert_true(address_equal(&lines.line[1].server, &server));

    for (uint32_t i = 0; i < 500; i++)
        assert_true(scan_comes(fold, i, SERVER + i % 3, 22, 81));
    assert_false(come(fold, CAUSE_CLIENT_ABORT, 1, SERVER, 82)); /* a login that was given up is none of them */
    fold_finish(fold);
    assert_int_equal(lines.count, 3);
    assert_int_equal(lines.line[2].count, 500);
    assert_int_equal(lines.line[2].clients, 500);
    assert_true(address_is_none(&lines.line[2].server));
    fold_free(fold);
}

/* Asking whether one goes on with a fold changes nothing where it does not. */
static void goes_on_only_with_an_open_fold(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    const struct fold_item one = item(CAUSE_UNDETERMINED, 1, SERVER, 0);
    (void)state;
    assert_false(fold_goes_on(fold, &one));
    assert_false(fold_goes_on(fold, &one));
    assert_false(fold_takes(fold, &one));
    assert_true(fold_goes_on(fold, &one));
    assert_true(fold_takes(fold, &one));
    fold_finish(fold);
    assert_int_equal(lines.attempts, 2);
    fold_free(fold);
}

/* Whatever comes is told or in a line: beside a plain count, with more kinds than there is room for. */
static void nothing_is_lost(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    uint64_t told = 0, taken = 0, seed = 77;
    (void)state;
    for (int i = 0; i < 300000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        const uint32_t client = (uint32_t)(seed >> 33) % (i % 2 ? 20 : 100000);
        const uint32_t server = (uint32_t)(seed >> 52) % (i % 3 ? 2 : 1000);
        const enum cause cause = (seed >> 30) % 3 == 0 ? CAUSE_AUTH_FAILED : CAUSE_KERNEL_RST;
        if (come(fold, cause, client + 1, server, i / 100))
            taken++;
        else
            told++;
    }
    fold_finish(fold);
    assert_int_equal(lines.attempts, taken);
    assert_int_equal(told + taken, 300000);
    assert_true(taken > told);
    fold_free(fold);
}

static void clients_are_counted_up_to_a_bound(void **state)
{
    struct lines lines = {.count = 0};
    struct fold *fold = fold_new(on_line, &lines);
    (void)state;
    for (uint32_t i = 1; i <= 100000; i++)
        come(fold, CAUSE_SILENT_DROP, i, SERVER, 0);
    fold_finish(fold);
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.line[0].count, 100000 - FEW_CLIENTS);
    assert_int_equal(lines.line[0].clients, COUNTED_CLIENTS);
    assert_true(lines.line[0].more_clients);
    fold_free(fold);
}

static void items_are_made_of_attempts(void **state)
{
    struct lookup lookup = {.name = "nowhere.example", .first_us = 5, .last_us = 9};
    struct attempt attempt = {.key = {v4(1), v4(2), 4000, 22}, .syn = {.number = 3, .ts_us = 7}, .last_us = 8};
    (void)state;
    struct fold_item one = fold_item_of_attempt(&attempt, CAUSE_KERNEL_RST, 8);
    assert_int_equal(one.began_us, 7);
    assert_int_equal(one.server_port, 22);
    assert_string_equal(one.name, "");
    attempt.syn.number = 0; /* the capture begins in its midst */
    assert_int_equal(fold_item_of_attempt(&attempt, CAUSE_KERNEL_RST, 8).began_us, 8);
    attempt.lookup = &lookup;
    one = fold_item_of_attempt(&attempt, CAUSE_NAME_FAILURE, 9);
    assert_int_equal(one.began_us, 5);
    assert_int_equal(one.server_port, 0);
    assert_string_equal(one.name, "nowhere.example");
}

static void caller_of_ssh_connection(void **state)
{
    const struct address ipv4 = v4(0x70102), none = {{0}};
    (void)state;
    struct address found = ssh_connection_client("10.7.1.2 35920 10.7.2.2 22");
    assert_true(address_equal(&found, &ipv4));
    found = ssh_connection_client("fe80::1%eth0 35920 fe80::2%eth0 22");
    assert_int_equal(found.bytes[0], 0xfe);
    assert_int_equal(found.bytes[15], 1);
    static const char *const odd[] = {"",
                                      " ",
                                      "UNKNOWN 65535 UNKNOWN 65535",
                                      "10.7.1",
                                      "10.7.1.2.3 1 2 3",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        found = ssh_connection_client(odd[i]);
        assert_true(address_equal(&found, &none));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_full_then_one_line),
        cmocka_unit_test(a_line_after_a_minute_and_then_fewer),
        cmocka_unit_test(over_after_a_long_silence),
        cmocka_unit_test(what_differs_is_told),
        cmocka_unit_test(a_login_ends_it),
        cmocka_unit_test(many_clients_are_one_line),
        cmocka_unit_test(few_in_a_minute_are_told),
        cmocka_unit_test(some_clients_stay_alone),
        cmocka_unit_test(scans_are_one_line),
        cmocka_unit_test(goes_on_only_with_an_open_fold),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(clients_are_counted_up_to_a_bound),
        cmocka_unit_test(items_are_made_of_attempts),
        cmocka_unit_test(caller_of_ssh_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
