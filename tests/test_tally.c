/* The summary's counts by host: exact as long as there are rows, honest about their error after that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/tally.h"

static uint64_t seed;

static uint64_t draw(void) /* xorshift64* (Vigna 2016) */
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545f4914f6cdd1dULL;
}

static struct address v4(uint32_t number)
{
    const uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return address_from_ipv4(bytes);
}

static struct address v6(uint64_t number)
{
    struct address address = {{0x20, 0x01, 0x0d, 0xb8}};
    for (int i = 0; i < 8; i++)
        address.bytes[15 - i] = (uint8_t)(number >> 8 * i);
    return address;
}

static struct tally *tally_of_key(uint64_t number)
{
    struct tally *tally = calloc(1, sizeof *tally);
    assert_non_null(tally);
    hash_key_from_seed(&tally->servers.hitters.hash_key, number);
    hash_key_from_seed(&tally->clients.hitters.hash_key, ~number);
    return tally;
}

static void add(struct tally *tally, struct address client, struct address server, enum cause cause)
{
    tally_add(tally, &(struct flow_key){.client = client, .server = server, .server_port = 22}, cause);
}

/* 40 servers of one /16 refuse one client three times each, in turn; so do 40 of one IPv6 prefix. */
static void forty_servers(void **state)
{
    (void)state;
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        struct tally *tally = tally_of_key(7);
        struct tally_host top[50];
        for (int again = 0; again < 3; again++)
            for (uint32_t i = 1; i <= 40; i++)
                add(tally, v4(1), ipv6 ? v6((uint64_t)i << 16 | 5) : v4(i << 8 | 5), CAUSE_KERNEL_RST);
        assert_int_equal(tally->attempts, 120);
        assert_int_equal(tally_hosts_failed(&tally->servers), 40);
        assert_int_equal(tally_top(&tally->servers, true, top, 50), 40);
        for (uint32_t i = 0; i < 40; i++) {
            const struct address wanted = ipv6 ? v6((uint64_t)(i + 1) << 16 | 5) : v4((i + 1) << 8 | 5);
            assert_true(address_equal(top[i].address, &wanted));
            assert_int_equal(top[i].attempts, 3);
            assert_int_equal(top[i].failures, 3);
            assert_int_equal(top[i].error, 0);
            assert_int_equal(tally_of_host(&tally->servers, &top[i], CAUSE_KERNEL_RST), 3);
            assert_int_equal(tally_of_host(&tally->servers, &top[i], CAUSE_FIREWALL_RST), 0);
        }
        assert_int_equal(tally_top(&tally->clients, true, top, 50), 1);
        assert_int_equal(top[0].failures, 120);
        free(tally);
    }
}

static void most_failures_first(void **state)
{
    struct tally *tally = tally_of_key(1);
    struct tally_host top[3];
    (void)state;
    for (int i = 0; i < 9; i++)
        add(tally, v4(1), v4(2), i < 2 ? CAUSE_AUTH_FAILED : CAUSE_NONE);
    for (int i = 0; i < 3; i++)
        add(tally, v4(1), v4(3), i < 2 ? CAUSE_SILENT_DROP : CAUSE_KERNEL_RST);
    add(tally, v4(1), v4(4), CAUSE_UNDETERMINED);
    add(tally, v4(1), (struct address){{0}}, CAUSE_NAME_FAILURE); /* leads to no server */
    assert_int_equal(tally_top(&tally->servers, true, top, 3), 2);
    assert_int_equal(top[0].failures, 3);
    assert_int_equal(tally_of_host(&tally->servers, &top[0], CAUSE_SILENT_DROP), 2);
    assert_int_equal(tally_of_host(&tally->servers, &top[0], CAUSE_KERNEL_RST), 1);
    assert_int_equal(top[1].failures, 2);
    assert_int_equal(top[1].attempts, 9);
    assert_int_equal(tally_top(&tally->servers, false, top, 3), 3);
    assert_int_equal(top[2].attempts, 1);
    assert_int_equal(top[2].failures, 0);
    assert_int_equal(tally_top(&tally->servers, false, top, 1), 1);
    assert_int_equal(tally_hosts_failed(&tally->servers), 2);
    assert_int_equal(tally->failures, 6);
    free(tally);
}

/* ---- Random streams beside a count of all ---- */

static const enum cause causes[] = {CAUSE_KERNEL_RST, CAUSE_NONE, CAUSE_AUTH_FAILED, CAUSE_UNDETERMINED};
enum { CAUSES = sizeof causes / sizeof causes[0] };

struct truth {
    uint64_t attempts, failures, of_cause[CAUSES];
    bool has_row;
};

/* Rows tell at least what is there, and with their error at most. */
static void compare_row(const struct tally_hosts *hosts, const struct tally_host *host, struct truth *truth)
{
    uint64_t sum = 0;
    truth->has_row = true;
    assert_true(host->attempts <= truth->attempts && truth->attempts <= host->attempts + host->error);
    assert_true(host->failures <= truth->failures && truth->failures <= host->failures + host->error);
    for (int i = 0; i < CAUSES; i++) {
        const uint64_t count = tally_of_host(hosts, host, causes[i]);
        assert_true(count <= truth->of_cause[i] && truth->of_cause[i] <= count + host->error);
        sum += count;
    }
    assert_int_equal(sum, host->attempts);
    assert_int_equal(hitters_count(&hosts->hitters, host->row), host->attempts + host->error);
}

static uint32_t number_of(const struct address *address)
{
    return (uint32_t)address->bytes[13] << 16 | (uint32_t)address->bytes[14] << 8 | address->bytes[15];
}

/* `addresses` of them; with `skew` some come far more often than others. */
static void stream(uint64_t start, uint32_t addresses, uint32_t length, unsigned skew)
{
    struct truth *truth = calloc(addresses, sizeof *truth);
    struct tally *tally = tally_of_key(start * 3);
    struct tally_host *all = calloc(HITTERS, sizeof *all);
    assert_true(truth && all);
    seed = start;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t number = (uint32_t)(draw() % addresses);
        for (unsigned s = 0; s < skew; s++)
            number = (uint32_t)(draw() % (number + 1));
        const int cause = (int)(draw() % CAUSES);
        truth[number].attempts++;
        truth[number].of_cause[cause]++;
        truth[number].failures += cause_is_failure(causes[cause]);
        add(tally, v4(number), v4(0), causes[cause]);
    }
    uint32_t came = 0;
    for (uint32_t i = 0; i < addresses; i++)
        came += truth[i].attempts > 0;
    const size_t rows = tally_top(&tally->clients, false, all, HITTERS);
    assert_int_equal(rows, came < HITTERS ? came : HITTERS);
    for (size_t i = 0; i < rows; i++) {
        compare_row(&tally->clients, &all[i], &truth[number_of(all[i].address)]);
        assert_true(came > HITTERS || all[i].error == 0);
    }
    uint64_t least = UINT64_MAX;
    for (uint32_t row = 0; row < tally->clients.hitters.used; row++)
        if (hitters_count(&tally->clients.hitters, row) < least)
            least = hitters_count(&tally->clients.hitters, row);
    assert_true(least <= length / rows);
    for (uint32_t i = 0; i < addresses; i++)
        assert_true(truth[i].has_row || truth[i].attempts <= (came > HITTERS ? least : 0));
    assert_int_equal(tally->clients.hitters.full, came > HITTERS);
    assert_int_equal(tally_top(&tally->servers, false, all, 2), 1);
    assert_int_equal(all[0].attempts, length);
    free(all);
    free(tally);
    free(truth);
}

static void random_streams(void **state)
{
    (void)state;
    stream(11, 1, 1000, 0);
    stream(12, 40, 20000, 2);
    stream(13, HITTERS, 60000, 0);
    stream(14, HITTERS + 1, 60000, 0);
    stream(15, 5000, 200000, 1);
    stream(16, 50000, 200000, 3);
    stream(17, 50000, 200000, 0);
}

/* A flood from addresses that come once each, and in it two clients that do not. */
static void flood(void **state)
{
    enum { FLOOD = 400000, EVERY = 400 };
    struct tally *tally = tally_of_key(5);
    struct tally_host top[3];
    (void)state;
    for (uint32_t i = 0; i < FLOOD; i++) {
        add(tally, v6(i), v4(9), CAUSE_SILENT_DROP);
        if (i % EVERY == 0) {
            add(tally, v4(1), v4(9), CAUSE_AUTH_FAILED);
            add(tally, v4(2), v4(9), i % (2 * EVERY) == 0 ? CAUSE_AUTH_FAILED : CAUSE_NONE);
        }
    }
    assert_true(tally->clients.hitters.used <= HITTERS);
    assert_true(tally->clients.hitters.groups_used <= HITTERS);
    assert_int_equal(tally_top(&tally->clients, true, top, 3), 3);
    const struct address one = v4(1), two = v4(2);
    assert_true(address_equal(top[0].address, &one));
    assert_true(address_equal(top[1].address, &two));
    assert_int_equal(top[0].failures, FLOOD / EVERY);
    assert_int_equal(top[0].error, 0);
    assert_int_equal(top[1].failures, FLOOD / EVERY / 2);
    assert_int_equal(top[1].attempts, FLOOD / EVERY);
    assert_int_equal(tally_top(&tally->servers, true, top, 3), 1);
    assert_int_equal(top[0].failures, FLOOD + FLOOD / EVERY + FLOOD / EVERY / 2);
    free(tally);
}

/* Two readings of a capture say the same, whatever keys were drawn. */
static void salt_does_not_show(void **state)
{
    struct tally *one = tally_of_key(1), *other = tally_of_key(0x123456789abcdefULL);
    struct tally_host a[100], b[100];
    (void)state;
    seed = 99;
    for (uint32_t i = 0; i < 300000; i++) {
        const struct address client = v6(draw() % 30000);
        add(one, client, v4(1), CAUSE_KERNEL_RST);
        add(other, client, v4(1), CAUSE_KERNEL_RST);
    }
    const size_t count = tally_top(&one->clients, false, a, 100);
    assert_int_equal(count, tally_top(&other->clients, false, b, 100));
    for (size_t i = 0; i < count; i++) {
        assert_true(address_equal(a[i].address, b[i].address));
        assert_int_equal(a[i].attempts, b[i].attempts);
        assert_int_equal(a[i].error, b[i].error);
    }
    free(one);
    free(other);
}

/* What does not count takes a row only where there is room, and gives it up to the first that counts. */
static void what_does_not_count_makes_room(void **state)
{
    struct heavy_hitters *hitters = calloc(1, sizeof *hitters);
    (void)state;
    for (uint32_t i = 0; i < HITTERS + 100; i++) {
        const struct address address = v6(i);
        const struct hitter_place place = hitters_add(hitters, &address, false);
        assert_int_equal(place.row, i < HITTERS ? i : HITTER_NONE);
        assert_int_equal(place.taken, i < HITTERS);
    }
    for (uint32_t i = 0; i < HITTERS; i++) {
        const struct address address = v4(i);
        const struct hitter_place place = hitters_add(hitters, &address, true);
        assert_true(place.row < HITTERS && place.taken);
        assert_int_equal(hitters->row[place.row].error, 0);
        assert_int_equal(hitters_count(hitters, place.row), 1);
    }
    free(hitters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forty_servers),      cmocka_unit_test(most_failures_first),
        cmocka_unit_test(random_streams),     cmocka_unit_test(flood),
        cmocka_unit_test(salt_does_not_show), cmocka_unit_test(what_does_not_count_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
