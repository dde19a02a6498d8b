/* What is kept of one client at one server, of the load around an attempt, and what a full table does. */
#include "script.h"

#include "track/identities.h"
#include "track/legs.h"
#include "track/limits.h"
#include "track/localities.h"

#define FAIL_LOGIN SHAKE KEX ASKED TRY TRY TRY LEAVE

static const struct act *act_of_port(const struct play *p, uint16_t client_port)
{
    for (size_t i = 0; i < p->acts; i++)
        if (p->act[i].attempt.key.client_port == client_port)
            return &p->act[i];
    fail_msg("no attempt from port %u", client_port);
    return p->act;
}

static void failed_logins_are_remembered(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, FAIL_LOGIN "+1000 @2 " FAIL_LOGIN "+1000 @3 >S +20 <RA +500 @6 >S +20 <RA");
    const struct history *h = &act_of_port(&p, 40003)->attempt.history;
    assert_int_equal(h->accepted, 2);
    assert_int_equal(h->bannered, 2);
    assert_int_equal(h->failed_logins, 2);
    assert_int_equal(h->sessions, 0);
    assert_true(h->last_failed_us > 0);
    /* The other client has a clean record. */
    h = &act_of_port(&p, 40006)->attempt.history;
    assert_int_equal(h->failed_logins, 0);
    assert_int_equal(h->accepted, 0);
    play_close(&p);
}

static void logins_are_remembered_once(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, LOGIN ">e60 +20 <e60 >e60 +20 <e60 " LEAVE "+1000 @2 >S +20 !3/3 +1000 @3 >S +20 <RA");
    const struct history *h = &act_of_port(&p, 40003)->attempt.history;
    assert_int_equal(h->sessions, 1);
    assert_int_equal(h->failed_logins, 0);
    play_close(&p);
}

static void a_login_still_open_counts_already(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, LOGIN "+1000 @2 >S +20 <RA");
    assert_int_equal(act_of_port(&p, 40002)->attempt.history.sessions, 1);
    play_close(&p);
}

static void the_load_is_counted(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+5 " HELLO_S "@2 " SHAKE "@6 " SHAKE HELLO_C "+5 " HELLO_S "@7 " SHAKE "+5 <FA +1 >FA "
                                "+1000 @3 " SHAKE "+5 <FA");
    const struct server_load *load = &act_of_port(&p, 40003)->answer.load;
    assert_int_equal(load->unauthenticated, 3);
    assert_int_equal(load->unauthenticated_same, 2);
    assert_int_equal(load->turned_away, 1);
    assert_int_equal(load->bannered_others, 1);
    play_close(&p);
}

/* Failed logins, then the web server, then a ban at the SSH port. */
static void what_was_done_elsewhere_hides_no_ban(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, FAIL_LOGIN "+1000 @2 " FAIL_LOGIN "+1000 4>S,port=443 +20 4<SA 4>A 4>'GET / HTTP/1.1\r\n' +20 "
                             "4<'HTTP/1.1 200 OK\r\n' +500 @3 >S +20 !3/3 +500 5>S,port=443 +20 5<SA 5>A");
    const struct act *act = act_of_port(&p, 40003);
    assert_int_equal(act->attempt.history.accepted, 2);
    assert_int_equal(act->attempt.history.failed_logins, 2);
    assert_int_equal(act->verdict.cause, CAUSE_FAIL2BAN_BAN);
    play_close(&p);
}

/* A wrong password at one port, a rejection at another, and the first port goes on serving that client. */
static void what_was_done_elsewhere_makes_no_ban(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, FAIL_LOGIN "+1000 @3 >S,port=2222 +20 !3/13 +1000 @2 " LOGIN LEAVE "+1000 @4 >S,port=2222 +20 <RA");
    const struct act *act = act_of_port(&p, 40003);
    assert_int_equal(act->attempt.history.accepted, 0);
    assert_int_equal(act->attempt.history.failed_logins, 0);
    assert_int_equal(act->verdict.cause, CAUSE_FIREWALL_ICMP);
    play_close(&p);
}

/* On a port that nobody named, a connection is SSH's from its first words on. */
static void ssh_elsewhere_has_its_own_history(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S,port=4422 +20 <SA >A " KEX ASKED TRY TRY TRY LEAVE "+1000 @2 >S,port=4422 +20 <SA >A " HELLO_C
                  "+5 " HELLO_S "+20 <FA +5 >FA");
    const struct history *h = &act_of_port(&p, 40002)->attempt.history;
    assert_int_equal(h->accepted, 1);
    assert_int_equal(h->bannered, 1);
    assert_int_equal(h->failed_logins, 1);
    play_close(&p);
}

/* Others that come after the SYN-ACK and before the close are waiting too; those at another port are not. */
static void the_load_is_counted_at_the_close(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "@3 " SHAKE "2>S +20 2<SA 2>A 4>S +20 4<SA 4>A 5>S,port=443 +20 5<SA 5>A +100 <FA +1 >FA");
    const struct server_load *load = &act_of_port(&p, 40003)->answer.load;
    assert_int_equal(load->number, 13);
    assert_int_equal(load->unauthenticated, 2);
    assert_int_equal(load->unauthenticated_same, 2);
    play_close(&p);
}

static void nobody_counts_the_load_of_a_greeted_one(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "2>S +20 2<SA 2>A " SHAKE HELLO_C "+5 " HELLO_S "+20 <FA +5 >FA");
    assert_int_equal(act_of_port(&p, 40001)->answer.load.number, 0);
    play_close(&p);
}

static void who_has_logged_in_or_left_is_no_load(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, LOGIN "@2 " SHAKE HELLO_C "+5 " HELLO_S LEAVE "+100 @3 " SHAKE "+5 <FA");
    const struct server_load *load = &act_of_port(&p, 40003)->answer.load;
    assert_int_equal(load->unauthenticated, 0);
    assert_int_equal(load->turned_away, 0);
    play_close(&p);
}

static void count_case(void *context, const struct case_file *file)
{
    (void)file;
    ++*(uint64_t *)context;
}

static void a_full_table_hands_over_the_oldest(void **state)
{
    struct play p;
    struct tracker_stats stats;
    (void)state;
    play_open_sized(&p, false, 4);
    play_script(&p, ">S +1 2>S +1 3>S +1 4>S +1 5>S +1 6>S +1 7>S");
    assert_int_equal(p.acts, 3);
    tracker_stats(p.tracker, &stats);
    assert_int_equal(stats.evicted, 3);
    assert_int_equal(stats.attempts_now, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_true(p.act[i].attempt.facts & FACT_EVICTED);
        assert_int_equal(p.act[i].attempt.key.client_port, 40001 + i);
    }
    play_end(&p);
    assert_int_equal(p.acts, 7);
    for (size_t i = 3; i < 7; i++)
        assert_false(p.act[i].attempt.facts & FACT_EVICTED);
    tracker_stats(p.tracker, &stats);
    assert_int_equal(stats.attempts, 7);
    play_close(&p);
}

/* A flood of SYNs must not push out the one connection that is being watched. */
static void a_flood_leaves_connections_alone(void **state)
{
    struct play p;
    (void)state;
    play_open_sized(&p, false, 4);
    play_script(&p, SHAKE HELLO_C "2>S 3>S 4>S 5>S 6>S 7>S 8>S 9>S +5 " HELLO_S "+5 <FA");
    play_end(&p);
    const struct act *act = act_of_port(&p, 40001);
    assert_false(act->attempt.facts & FACT_EVICTED);
    assert_string_equal(act->dialogue.banner[SIDE_SERVER].text, "SSH-2.0-OpenSSH_9.2p1");
    play_close(&p);
}

/* Nor must half-open connections, which cost a spoofer one SYN each, push out a session that is idle. */
static void a_flood_of_half_open_ones_leaves_sessions_alone(void **state)
{
    struct play p;
    (void)state;
    play_open_sized(&p, false, 4);
    play_script(&p, SHAKE HELLO_C "+5 " HELLO_S "+1000 "
                                  "2>S 2<SA +1 3>S 3<SA +1 4>S 4<SA +1 5>S 5<SA +1 6>S 6<SA 6>A +1 7>S 7<SA 7>A +1 "
                                  "8>S 8<SA +1 9>S 9<SA +5 <FA");
    play_end(&p);
    assert_false(act_of_port(&p, 40001)->attempt.facts & FACT_EVICTED);
    assert_true(act_of_port(&p, 40002)->attempt.facts & FACT_EVICTED);
    play_close(&p);
}

/* Tables that may come to little hold fewer of each thing, and stay below it whatever comes. */
static void memory_is_limited(void **state)
{
    enum { FLOOD = 200000, LIMIT = 4 << 20 };
    static struct port_set ports;
    struct tracker_stats stats;
    uint64_t reported = 0;
    (void)state;
    port_set_parse(&ports, "22");
    struct play p = {.now_us = 1700000000000000};
    p.tracker = tracker_new(&(struct tracker_options){.ports = &ports, .max_memory = LIMIT}, count_case, &reported);
    for (int i = 0; i < FLOOD; i++)
        for (int answer = 0; answer < 2; answer++) {
            struct frame_bytes frame;
            struct segment segment = {.from = answer ? PERSON_SERVER : PERSON_CLIENT,
                                      .to = answer ? PERSON_CLIENT : PERSON_SERVER,
                                      .ttl = 64,
                                      .src_port = answer ? 22 : (uint16_t)(i % 60000 + 1024),
                                      .dst_port = answer ? (uint16_t)(i % 60000 + 1024) : 22,
                                      .seq = (uint32_t)i * 2,
                                      .ack = answer ? (uint32_t)i * 2 + 1 : 0,
                                      .flags = answer ? TCP_SYN | TCP_ACK : TCP_SYN,
                                      .window = 1024};
            p.now_us += 10;
            build_segment(&frame, &segment);
            play_frame(&p, &frame);
        }
    tracker_stats(p.tracker, &stats);
    assert_in_range(stats.bytes, 1, LIMIT);
    tracker_finish(p.tracker, false);
    assert_int_equal(reported, FLOOD);
    tracker_free(p.tracker);
}

/* What is learned of machines beside the attempts has its share of little memory, too. */
static void what_is_learned_is_limited(void **state)
{
    enum { HUNDREDTHS = 4, LITTLE = 8 << 20 };
    struct table_limits usual, little;
    (void)state;
    table_limits_of(0, 0, &usual);
    table_limits_of(LITTLE, 0, &little);
    assert_true(little.identities < usual.identities && little.localities < usual.localities &&
                little.leg_sets < usual.leg_sets);
    assert_true(little.identities * identities_bytes_of_one() + little.localities * localities_bytes_of_one() +
                    little.leg_sets * legs_bytes_of_one() <
                LITTLE / 100 * HUNDREDTHS);
}

/* Nor, live, whoever waits for an answer and sends its SYN again, as no flood does. */
static void a_flood_leaves_who_asks_again_alone(void **state)
{
    struct play p;
    (void)state;
    play_open_sized(&p, true, 4);
    play_script(&p, ">S +900 2>S 3>S +100 >S +1 4>S 5>S 6>S 7>S 8>S 9>S +1900 >S +1500");
    const struct act *act = act_of_port(&p, 40001);
    assert_false(act->attempt.facts & FACT_EVICTED);
    assert_int_equal(act->attempt.syns, 3);
    play_close(&p);
}

/* Spoofed SYNs, each from another port: the table keeps its size, and none is lost without a word. */
static void a_flood_is_bounded(void **state)
{
    enum { FLOOD = 60000, TABLE = 5000 };
    static uint64_t reported;
    struct tracker_stats stats, later;
    struct play p;
    (void)state;
    reported = 0;
    play_open_sized(&p, true, TABLE);
    tracker_free(p.tracker);
    static struct port_set ports;
    port_set_parse(&ports, "22");
    p.tracker = tracker_new(&(struct tracker_options){.ports = &ports, .live = true, .max_attempts = TABLE}, count_case,
                            &reported);
    for (int i = 0; i < FLOOD; i++) {
        struct frame_bytes frame;
        struct segment syn = {.from = PERSON_CLIENT,
                              .to = PERSON_SERVER,
                              .ttl = 64,
                              .src_port = (uint16_t)(i + 1024),
                              .dst_port = 22,
                              .seq = (uint32_t)i,
                              .flags = TCP_SYN,
                              .window = 1024};
        p.now_us += 10;
        build_segment(&frame, &syn);
        play_frame(&p, &frame);
        if (i == FLOOD / 2)
            tracker_stats(p.tracker, &stats);
    }
    tracker_stats(p.tracker, &later);
    assert_int_equal(later.bytes, stats.bytes);
    assert_int_equal(later.attempts_now, TABLE);
    assert_int_equal(reported, FLOOD - TABLE);
    assert_int_equal(later.evicted, FLOOD - TABLE);
    play_end(&p);
    assert_int_equal(reported, FLOOD);
    play_close(&p);
}

static void hosts_learn_from_all_their_packets(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S,tos=0x10 +20 <RA,tos=0x10 +100 2>S,port=80 +30 2<SA 2>A 2>'GET / HTTP/1.0\r\n\r\n' +30 "
                  "2<'HTTP/1.0 200 OK\r\n' "
                  "echo");
    const struct host *server = &p.act->server;
    assert_int_equal(p.acts, 1);
    assert_int_equal(server->echoing_rsts, 1);
    assert_int_equal(server->zeroing_rsts, 0);
    assert_true(server->own_packets >= 2);
    assert_int_equal(server->own_ttl_min, 63);
    assert_int_equal(server->own_ttl_max, 63);
    assert_int_equal(server->rtt_us, 30000);
    assert_int_equal(server->ports_used, 2);
    assert_int_equal(server->macs_used, 1);
    play_close(&p);
}

static void a_forged_reset_teaches_nothing_of_its_card(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "2>S,port=80 +20 2<SA 2>A >S +1 <RA,mac=9");
    assert_int_equal(p.act->server.macs_used, 1);
    assert_int_equal(p.act->server.macs[0][5], PERSON_SERVER);
    assert_false(p.act->server.more_macs);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_logins_are_remembered),
        cmocka_unit_test(logins_are_remembered_once),
        cmocka_unit_test(a_login_still_open_counts_already),
        cmocka_unit_test(the_load_is_counted),
        cmocka_unit_test(what_was_done_elsewhere_hides_no_ban),
        cmocka_unit_test(what_was_done_elsewhere_makes_no_ban),
        cmocka_unit_test(ssh_elsewhere_has_its_own_history),
        cmocka_unit_test(the_load_is_counted_at_the_close),
        cmocka_unit_test(nobody_counts_the_load_of_a_greeted_one),
        cmocka_unit_test(who_has_logged_in_or_left_is_no_load),
        cmocka_unit_test(a_full_table_hands_over_the_oldest),
        cmocka_unit_test(a_flood_leaves_connections_alone),
        cmocka_unit_test(a_flood_of_half_open_ones_leaves_sessions_alone),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(what_is_learned_is_limited),
        cmocka_unit_test(a_flood_leaves_who_asks_again_alone),
        cmocka_unit_test(a_flood_is_bounded),
        cmocka_unit_test(hosts_learn_from_all_their_packets),
        cmocka_unit_test(a_forged_reset_teaches_nothing_of_its_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
