/* Which fact of this machine holds for which packet: readings before and after it, changes in between, counters and the
 * SYNs that they may have counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "local/counts.h"
#include "local/trail.h"
#include "run/kept_case.h"
#include "run/local_judgement.h"
#include "run/syn_log.h"
#include "script.h"

#define SECOND INT64_C(1000000)
#define NOON   (INT64_C(1764000000) * SECOND)

/* One refused SYN of 10.7.1.2 to this machine, at noon. */
struct scene {
    struct attempt attempt;
    struct answer answer;
    struct capture_facts capture;
    struct case_file file;
    struct local_sighting quick;
    struct local_facts slow, facts;
    struct local_evidence evidence;
    struct syn_log syns;
};

static struct flow_key key_of(uint16_t port)
{
    return (struct flow_key){.client = address_from_ipv4("\x0a\x07\x01\x02"),
                             .server = address_from_ipv4("\x0a\x07\x02\x02"),
                             .client_port = port,
                             .server_port = 22};
}

static struct scene *scene(void)
{
    static struct scene s;
    memset(&s, 0, sizeof s);
    s.attempt.key = key_of(40001);
    s.attempt.last_syn_us = NOON;
    s.attempt.answer = &s.answer;
    s.answer.refusal = (struct mark){.number = 2, .ts_us = NOON};
    s.file = (struct case_file){.attempt = &s.attempt,
                                .capture = &s.capture,
                                .capturer = {.client = LOCALITY_ELSEWHERE, .server = LOCALITY_HERE}};
    s.quick.sockets.state = s.quick.rules.state = LOCAL_KNOWN;
    s.quick.rules.deciding = -1;
    syn_log_begin(&s.syns, NOON - 100 * SECOND);
    return &s;
}

static const struct local_evidence *judge(struct scene *s)
{
    const struct local_heard heard = {&s->quick, &s->slow, &s->syns};
    local_judge(&s->file, &heard, &s->facts, &s->evidence);
    return &s->evidence;
}

static void a_reading_on_both_sides_of_the_packet_holds(void **state)
{
    struct scene *s = scene();
    (void)state;
    s->quick.listener = (struct local_span){.since_us = NOON - SECOND, .checked_us = NOON + 20000};
    assert_int_equal(judge(s)->sockets.hold, LOCAL_HOLDS_STEADY);
    assert_int_equal(s->evidence.sockets.after_us, 20000);
    assert_false(s->evidence.listener_changed);
}

static void one_afterwards_holds_less(void **state)
{
    struct scene *s = scene();
    (void)state;
    s->quick.listener = (struct local_span){.since_us = NOON + 20000, .checked_us = NOON + 20000};
    assert_int_equal(judge(s)->sockets.hold, LOCAL_HOLDS_AFTER);
}

static void one_before_says_nothing(void **state)
{
    struct scene *s = scene();
    (void)state;
    s->quick.listener = (struct local_span){.since_us = NOON - SECOND, .checked_us = NOON - 20000};
    assert_int_equal(judge(s)->sockets.hold, LOCAL_HOLDS_NOT);
    s->quick.listener.checked_us = NOON + 1000; /* as good as at the same time */
    assert_int_equal(judge(s)->sockets.hold, LOCAL_HOLDS_NOT);
}

static void nor_does_one_after_a_change(void **state)
{
    struct scene *s = scene();
    (void)state;
    s->quick.listener = s->quick.walk =
        (struct local_span){.since_us = NOON + 20000, .checked_us = NOON + 30000, .before_us = NOON - SECOND};
    assert_int_equal(judge(s)->sockets.hold, LOCAL_HOLDS_NOT);
    assert_int_equal(s->evidence.rules.hold, LOCAL_HOLDS_NOT);
    assert_true(s->evidence.listener_changed);
    /* A change long before the packet is none. */
    s->quick.listener =
        (struct local_span){.since_us = NOON - SECOND, .checked_us = NOON + 30000, .before_us = NOON - 2 * SECOND};
    assert_int_equal(judge(s)->sockets.hold, LOCAL_HOLDS_STEADY);
    assert_false(s->evidence.listener_changed);
}

static void what_was_not_read_says_nothing(void **state)
{
    struct scene *s = scene();
    (void)state;
    const struct local_heard nothing = {NULL, NULL, &s->syns};
    local_judge(&s->file, &nothing, &s->facts, &s->evidence);
    assert_int_equal(s->evidence.role, LOCAL_ROLE_TARGET);
    assert_int_equal(s->evidence.sockets.hold, LOCAL_HOLDS_NOT);
    assert_int_equal(s->evidence.rules.hold, LOCAL_HOLDS_NOT);
    assert_int_equal(s->evidence.log.hold, LOCAL_HOLDS_NOT);
    assert_false(s->evidence.rule.known);
}

static void who_this_machine_is(void **state)
{
    struct scene *s = scene();
    (void)state;
    assert_int_equal(local_role_of(&s->file), LOCAL_ROLE_TARGET);
    s->file.capturer = (struct capturer){.client = LOCALITY_HERE, .server = LOCALITY_ELSEWHERE};
    assert_int_equal(local_role_of(&s->file), LOCAL_ROLE_CLIENT);
    s->file.capturer = (struct capturer){.client = LOCALITY_ELSEWHERE, .server = LOCALITY_ELSEWHERE};
    assert_int_equal(local_role_of(&s->file), LOCAL_ROLE_NONE);
    s->file.capturer = (struct capturer){.client = LOCALITY_HERE, .server = LOCALITY_HERE};
    assert_int_equal(local_role_of(&s->file), LOCAL_ROLE_TARGET);
}

static void note(struct scene *s, uint16_t port, int64_t at_us)
{
    const struct flow_key key = key_of(port);
    (void)syn_log_note(&s->syns, &key, at_us);
}

static void a_counter_proves_where_nobody_else_came(void **state)
{
    struct scene *s = scene();
    (void)state;
    note(s, 40001, NOON);
    local_trail_add(&s->quick.rule, NOON - SECOND, 7);
    local_trail_add(&s->quick.rule, NOON + 20000, 8);
    const struct local_count count = judge(s)->rule;
    assert_true(count.known);
    assert_int_equal(count.before, 7);
    assert_int_equal(count.after, 8);
    assert_int_equal(count.own, 1);
    assert_int_equal(count.others, 0);
}

static void of_others_it_says_how_many(void **state)
{
    struct scene *s = scene();
    (void)state;
    note(s, 40002, NOON - 500000);
    note(s, 40001, NOON);
    note(s, 40003, NOON + SECOND);
    local_trail_add(&s->quick.rule, NOON - SECOND, 7);
    local_trail_add(&s->quick.rule, NOON + 20000, 9);
    assert_int_equal(judge(s)->rule.own, 1);
    assert_int_equal(s->evidence.rule.others, 1);
}

static void the_best_pair_of_readings_is_taken(void **state)
{
    struct scene *s = scene();
    (void)state;
    note(s, 40001, NOON - 3 * SECOND);
    note(s, 40002, NOON - 3 * SECOND + 100000);
    note(s, 40001, NOON);
    local_trail_add(&s->quick.rule, NOON - 4 * SECOND, 5);
    local_trail_add(&s->quick.rule, NOON - 2 * SECOND, 7);
    local_trail_add(&s->quick.rule, NOON + 20000, 8);
    assert_int_equal(judge(s)->rule.before, 7);
    assert_int_equal(s->evidence.rule.after, 8);
    assert_int_equal(s->evidence.rule.others, 0);
}

static void a_syn_beside_a_reading_may_be_on_either_side_of_it(void **state)
{
    struct scene *s = scene();
    (void)state;
    note(s, 40001, NOON);
    local_trail_add(&s->quick.rule, NOON - SECOND, 7);
    local_trail_add(&s->quick.rule, NOON + 1000, 8);
    assert_false(judge(s)->rule.known);
}

static void counters_that_go_back_were_reset(void **state)
{
    struct scene *s = scene();
    (void)state;
    note(s, 40001, NOON);
    local_trail_add(&s->quick.rule, NOON - SECOND, 7);
    local_trail_add(&s->quick.rule, NOON + 20000, 1);
    assert_false(judge(s)->rule.known);
}

/* ---- SYNs ---- */

static void a_frame_seen_twice_is_one_syn(void **state)
{
    struct scene *s = scene();
    uint32_t own, others;
    (void)state;
    note(s, 40001, NOON);
    note(s, 40001, NOON + 30);
    note(s, 40001, NOON + SECOND);
    assert_true(syn_log_count(&s->syns, &s->attempt.key, NOON - SECOND, NOON + 2 * SECOND, &own, &others));
    assert_int_equal(own, 2);
    assert_int_equal(others, 0);
}

static void what_is_no_longer_known_is_not_counted(void **state)
{
    struct scene *s = scene();
    uint32_t own, others;
    (void)state;
    assert_false(
        syn_log_count(&s->syns, &s->attempt.key, NOON - 200 * SECOND, NOON, &own, &others)); /* before it began */
    for (int i = 0; i < SYN_LOG + 10; i++)
        note(s, (uint16_t)(1000 + i), NOON + i * 1000);
    assert_false(syn_log_count(&s->syns, &s->attempt.key, NOON, NOON + 9 * SECOND, &own, &others));
    assert_true(syn_log_count(&s->syns, &s->attempt.key, NOON + SECOND, NOON + 9 * SECOND, &own, &others));
    assert_int_equal(others, SYN_LOG + 10 - 1001);
}

static void the_oldest_reading_goes(void **state)
{
    struct local_trail trail = {.count = 0};
    (void)state;
    for (int i = 0; i < LOCAL_TALLIES + 3; i++)
        local_trail_add(&trail, i, (uint64_t)i);
    assert_int_equal(trail.count, LOCAL_TALLIES);
    assert_int_equal(trail.at[0].value, 3);
    assert_int_equal(trail.at[LOCAL_TALLIES - 1].value, LOCAL_TALLIES + 2);
}

/* ---- Counts as the kernel prints them ---- */

static void counts_of_the_kernel(void **state)
{
    static const char netstat[] = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 333\n"
                                  "IpExt: InNoRoutes ListenOverflows2\nIpExt: 4 5\n";
    static const char conntrack[] = "entries  searched drop early_drop\n00000003  00000000 0000000a 00000001\n"
                                    "00000003  00000000 00000010 00000000\n";
    uint64_t value;
    (void)state;
    assert_true(local_counts_netstat(netstat, "ListenOverflows", &value));
    assert_int_equal(value, 22);
    assert_false(local_counts_netstat(netstat, "Overflows", &value));
    assert_false(local_counts_netstat("TcpExt: ListenOverflows\n", "ListenOverflows", &value));
    assert_false(local_counts_netstat("TcpExt: ListenOverflows\nTcpExt: x\n", "ListenOverflows", &value));
    assert_false(local_counts_netstat("", "ListenOverflows", &value));
    assert_true(local_counts_column(conntrack, "drop", &value));
    assert_int_equal(value, 26);
    assert_false(local_counts_column(conntrack, "dropped", &value));
    assert_false(local_counts_column("drop\nxyz\n", "drop", &value));
}

/* ---- Cases that wait ---- */

struct kept {
    struct kept_case copy;
    struct verdict before;
    bool taken;
};

static void keep(const struct case_file *file, void *context)
{
    struct kept *kept = context;
    if (kept->taken || file->attempt->key.client_port != 40001)
        return;
    diagnose(file, &kept->before);
    kept->taken = kept_case_take(&kept->copy, file);
}

/* All that it points to is its own: the tracker's is gone. */
static void a_case_that_waits_is_judged_the_same(void **state)
{
    static const char *const scripts[] = {"2>S,port=80 +20 2<SA 2>A >S +20 <RA",
                                          "served who is >S,ttl=60 +1000 >S,ttl=60 +3200 tick",
                                          "2>S +20 2<SA 2>A >S +20 <SA >A >'SSH-2.0-OpenSSH_9.2p1\r\n' +20 "
                                          "<'SSH-2.0-OpenSSH_9.2p1\r\n' >kexinit +1 <kexother "
                                          "+1 <FA",
                                          ">S +20 !3/13,from=4"};
    static struct kept kept;
    static struct verdict after;
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct play p;
        memset(&kept, 0, sizeof kept);
        play_open(&p, false);
        p.on_case = keep;
        p.context = &kept;
        play_script(&p, scripts[i]);
        play_end(&p);
        play_close(&p);
        assert_true(kept.taken);
        diagnose(&kept.copy.file, &after);
        assert_int_equal(after.cause, kept.before.cause);
        assert_true(after.confidence - kept.before.confidence < 1e-12);
        assert_int_equal(after.evidence_count, kept.before.evidence_count);
        assert_string_equal(after.detail, kept.before.detail);
        kept_case_free(&kept.copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_on_both_sides_of_the_packet_holds),
        cmocka_unit_test(one_afterwards_holds_less),
        cmocka_unit_test(one_before_says_nothing),
        cmocka_unit_test(nor_does_one_after_a_change),
        cmocka_unit_test(what_was_not_read_says_nothing),
        cmocka_unit_test(who_this_machine_is),
        cmocka_unit_test(a_counter_proves_where_nobody_else_came),
        cmocka_unit_test(of_others_it_says_how_many),
        cmocka_unit_test(the_best_pair_of_readings_is_taken),
        cmocka_unit_test(a_syn_beside_a_reading_may_be_on_either_side_of_it),
        cmocka_unit_test(counters_that_go_back_were_reset),
        cmocka_unit_test(a_frame_seen_twice_is_one_syn),
        cmocka_unit_test(what_is_no_longer_known_is_not_counted),
        cmocka_unit_test(the_oldest_reading_goes),
        cmocka_unit_test(counts_of_the_kernel),
        cmocka_unit_test(a_case_that_waits_is_judged_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
