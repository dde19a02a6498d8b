/* The outlines of an attempt's packets: which are kept, in how much memory, and how they are drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/ladder.h"
#include "report/text_verdict.h"
#include "track/trail.h"

static struct address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return address_from_ipv4((uint8_t[]){a, b, c, d});
}

static struct attempt an_attempt(void)
{
    return (struct attempt){.key = {v4(10, 0, 0, 1), v4(10, 0, 0, 2), 40000, 22}};
}

static struct packet segment(bool from_client, uint64_t number, uint32_t seq, uint8_t flags, uint32_t payload)
{
    const struct address client = v4(10, 0, 0, 1), server = v4(10, 0, 0, 2);
    return (struct packet){
        .kind = PACKET_TCP,
        .ts_us = (int64_t)number * 1000,
        .number = number,
        .ip_version = 4,
        .src = from_client ? client : server,
        .dst = from_client ? server : client,
        .ttl = 64,
        .tcp = {.src_port = from_client ? 40000 : 22,
                .dst_port = from_client ? 22 : 40000,
                .seq = seq,
                .flags = flags,
                .payload_len = payload},
    };
}

static void first_and_last_are_kept(void **state)
{
    (void)state;
    for (uint64_t count = 1; count <= 200; count++) {
        static struct trails trails;
        const struct attempt attempt = an_attempt();
        uint32_t id = 0;
        trails = (struct trails){.wanted = false};
        assert_true(trails_init(&trails, TRAIL_BYTES));
        for (uint64_t number = 1; number <= count; number++) {
            const struct packet packet = segment(true, number, (uint32_t)number, TCP_ACK, 0);
            trail_note(&trails, &id, &attempt, &packet);
        }
        const struct trail *trail = trail_of(&trails, id, &attempt);
        assert_non_null(trail);
        assert_int_equal(trail->seen, count);
        assert_int_equal(trail->kept, count < TRAIL_PACKETS ? count : TRAIL_PACKETS);
        assert_int_equal(trail_missing(trail), count < TRAIL_PACKETS ? 0 : count - TRAIL_PACKETS);
        for (uint32_t i = 0; i < trail->kept; i++)
            assert_int_equal(trail->packet[i].number, i < TRAIL_FIRST ? i + 1 : i + 1 + trail_missing(trail));
        trail_drop(&trails, id);
        assert_int_equal(trails.records.in_use + trails.blocks.in_use, 0);
        trails_destroy(&trails);
    }
}

/* Told ones go first, then those that were touched longest ago; who lost its trail gets no second one. */
static void memory_is_bounded(void **state)
{
    enum { ATTEMPTS = 60000, EACH = 9 };
    static struct trails trails;
    static uint32_t id[ATTEMPTS];
    const struct attempt attempt = an_attempt();
    (void)state;
    trails = (struct trails){.wanted = false};
    assert_true(trails_init(&trails, TRAIL_BYTES));
    for (uint32_t i = 0; i < ATTEMPTS; i++) {
        for (uint64_t number = 1; number <= EACH; number++) {
            const struct packet packet = segment(true, number, 0, TCP_ACK, 0);
            trail_note(&trails, &id[i], &attempt, &packet);
        }
        if (i == 5)
            trail_told(&trails, id[i]);
        assert_true(trails_bytes(&trails) <= TRAIL_BYTES);
    }
    assert_non_null(trail_of(&trails, id[ATTEMPTS - 1], &attempt));
    assert_null(trail_of(&trails, id[0], &attempt));
    assert_null(trail_of(&trails, id[5], &attempt));
    const struct packet late = segment(true, EACH + 1, 0, TCP_ACK, 0);
    trail_note(&trails, &id[0], &attempt, &late);
    assert_null(trail_of(&trails, id[0], &attempt));
    trails_destroy(&trails);
}

static void told_ones_go_first(void **state)
{
    static struct trails trails;
    const struct attempt attempt = an_attempt();
    const struct packet packet = segment(true, 1, 0, TCP_ACK, 0);
    uint32_t open = 0, told = 0;
    (void)state;
    trails = (struct trails){.wanted = false};
    assert_true(trails_init(&trails, 100000));
    trail_note(&trails, &open, &attempt, &packet);
    trail_note(&trails, &told, &attempt, &packet);
    trail_told(&trails, told);
    static uint32_t more[100000];
    uint32_t used = 0;
    while (trail_of(&trails, told, &attempt))
        trail_note(&trails, &more[used++], &attempt, &packet);
    assert_non_null(trail_of(&trails, open, &attempt));
    trails_destroy(&trails);
}

static struct trail *trail_with(const struct packet *packets, size_t count, const struct attempt *attempt,
                                struct trails *trails)
{
    uint32_t id = 0;
    assert_true(trails_init(trails, TRAIL_BYTES));
    for (size_t i = 0; i < count; i++)
        trail_note(trails, &id, attempt, &packets[i]);
    return (struct trail *)(uintptr_t)trail_of(trails, id, attempt);
}

static void what_a_packet_is(void **state)
{
    static struct trails trails;
    const struct attempt attempt = an_attempt();
    struct packet packets[] = {
        segment(true, 1, 100, TCP_SYN, 0),
        segment(true, 2, 100, TCP_SYN, 0),
        segment(false, 3, 700, TCP_SYN | TCP_ACK, 0),
        segment(true, 4, 101, TCP_ACK, 10),
        segment(true, 5, 101, TCP_ACK, 10),
        segment(false, 6, 701, TCP_RST, 0),
        {.kind = PACKET_ICMP_ERROR,
         .number = 7,
         .ip_version = 4,
         .src = v4(10, 9, 9, 9),
         .dst = v4(10, 0, 0, 1),
         .icmp = {.type = 3, .code = 13}},
    };
    static const char *const words[] = {"SYN",
                                        "SYN, sent again",
                                        "SYN, ACK",
                                        "in the clear, 10 bytes",
                                        "ACK, 10 bytes, sent again",
                                        "RST, seq 701",
                                        "ICMP administratively prohibited (3/13) from 10.9.9.9"};
    static struct ladder ladder;
    const struct verdict verdict = {.cause = CAUSE_FIREWALL_ICMP, .deciding_packet = 7};
    struct case_file file = {.attempt = &attempt};
    (void)state;
    trails = (struct trails){.wanted = false};
    file.trail = trail_with(packets, sizeof packets / sizeof *packets, &attempt, &trails);
    assert_true(ladder_make(&file, &verdict, &ladder));
    assert_int_equal(ladder.lines, sizeof words / sizeof *words);
    for (size_t i = 0; i < ladder.lines; i++) {
        struct buffer out = {0};
        ladder_words(&file, &ladder.line[i], &out);
        buffer_char(&out, '\0');
        assert_string_equal(out.data, words[i]);
        buffer_free(&out);
    }
    assert_true(ladder.has_between);
    assert_string_equal(ladder.between, "10.9.9.9");
    assert_int_equal(ladder.line[6].from, LADDER_BETWEEN);
    assert_int_equal(ladder.line[6].to, LADDER_CLIENT);
    assert_true(ladder.line[6].decides);
    trails_destroy(&trails);
}

/* A run of packets that say nothing is one line, but not where one of them is evidence. */
static void runs_are_folded(void **state)
{
    static struct trails trails;
    static struct ladder ladder;
    const struct attempt attempt = an_attempt();
    struct packet packets[20];
    struct verdict verdict = {.cause = CAUSE_AUTH_FAILED};
    struct case_file file = {.attempt = &attempt};
    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        packets[i] = segment(i % 2 == 0, i + 1, 5, TCP_ACK, 0);
    trails = (struct trails){.wanted = false};
    file.trail = trail_with(packets, 20, &attempt, &trails);
    assert_true(ladder_make(&file, &verdict, &ladder));
    assert_int_equal(ladder.lines, 1);
    assert_int_equal(ladder.line[0].count, 20);
    verdict.evidence_count = 1;
    verdict.evidence[0] = (struct evidence){.id = "x", .packet = 10, .sentence = "x"};
    assert_true(ladder_make(&file, &verdict, &ladder));
    assert_int_equal(ladder.lines, 3);
    assert_int_equal(ladder.line[1].packet->number, 10);
    trails_destroy(&trails);
}

/* At each width no line is wider, whatever is in it. */
static void drawn_within_the_width(void **state)
{
    static struct trails trails;
    const struct attempt attempt = an_attempt();
    struct packet packets[80];
    struct verdict verdict = {.cause = CAUSE_INJECTED_RST, .where = WHERE_PATH, .evidence_count = 3};
    struct case_file file = {.attempt = &attempt};
    (void)state;
    for (uint64_t i = 0; i < 80; i++)
        packets[i] = segment(i % 3 == 0, i * 1000 + 1, (uint32_t)i, i == 9 ? TCP_RST : TCP_ACK, i % 4 ? 0 : 1400);
    for (size_t i = 0; i < 3; i++)
        verdict.evidence[i] = (struct evidence){.id = "rst-no-timestamps", .packet = 9001, .sentence = "it is forged"};
    trails = (struct trails){.wanted = false};
    file.trail = trail_with(packets, 80, &attempt, &trails);
    for (size_t width = 40; width <= 140; width += 10) {
        struct buffer out = {0};
        struct text_context context = {.writer = {.out = &out, .width = width}};
        text_ladder(&context, &file, &verdict);
        assert_false(out.failed);
        for (size_t at = 0, end; at < out.length; at = end + 1) {
            for (end = at; out.data[end] != '\n';)
                end++;
            assert_true(text_columns(out.data + at, end - at) <= width);
        }
        buffer_free(&out);
    }
    trails_destroy(&trails);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_and_last_are_kept), cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(told_ones_go_first),      cmocka_unit_test(what_a_packet_is),
        cmocka_unit_test(runs_are_folded),         cmocka_unit_test(drawn_within_the_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
