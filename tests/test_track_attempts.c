/* From segments to the facts of an attempt. */
#include "script.h"

#include "track/reset_texts.h"

static void a_retransmitted_syn_is_not_a_frame_seen_twice(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S again +1000 >S again +2000 >S tick");
    assert_int_equal(p.acts, 1);
    const struct attempt *a = &p.act[0].attempt;
    assert_int_equal(a->syns, 3);
    assert_int_equal(a->packets, 5);
    assert_true(a->facts & FACT_DUPLICATES);
    assert_false(a->facts & FACT_TTL_STEP);
    assert_int_equal(a->second_syn_gap_ms, 1000);
    assert_int_equal(a->syn.number, 1);
    assert_int_equal(a->last_syn_number, 5);
    assert_null(a->answer);
    play_close(&p);
}

static void a_syn_seen_before_and_after_a_router(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +300us >S,ttl=63 +20 <SA >A");
    const struct attempt *a = &p.act[0].attempt;
    assert_int_equal(p.acts, 1);
    assert_int_equal(a->syns, 1);
    assert_true(a->facts & FACT_TTL_STEP);
    assert_int_equal(a->syn_ttl_min, 63);
    assert_int_equal(a->syn_ttl_max, 64);
    play_close(&p);
}

static void frames_seen_twice_change_no_count(void **state)
{
    struct play p, q;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+20 " HELLO_S "<F +1 >F");
    play_file(&q, ">S again +20 <SA again >A again " HELLO_C "again +20 " HELLO_S "again <F again +1 >F again");
    assert_int_equal(p.acts, 1);
    assert_int_equal(q.acts, 1);
    for (int side = 0; side < 2; side++) {
        assert_int_equal(q.act->connection.side[side].payload_bytes, p.act->connection.side[side].payload_bytes);
        assert_int_equal(q.act->connection.side[side].retransmissions, 0);
        assert_int_equal(q.act->connection.side[side].packets, p.act->connection.side[side].packets);
    }
    assert_int_equal(q.act->answer.synacks, 1);
    assert_int_equal(q.act->attempt.syns, 1);
    assert_true(q.act->attempt.facts & FACT_DUPLICATES);
    assert_false(p.act->attempt.facts & FACT_DUPLICATES);
    play_close(&p);
    play_close(&q);
}

/* Each script's last RST, and what it is. */
static void resets_are_distinguished(void **state)
{
    static const struct {
        const char *script;
        enum { ANSWERS_SYN, SERVER_ENDS, CLIENT_ENDS, NOTHING } what;
    } cases[] = {
        {">S +20 <RA", ANSWERS_SYN},
        {">S +20 <R", NOTHING},              /* without ACK: the client ignores it */
        {">S +20 <RA,seq=777", ANSWERS_SYN}, /* a forger's: with a sequence number */
        {">S +20 <RA,ack=1", NOTHING},       /* acknowledges what was never sent */
        {SHAKE "+20 <RA", SERVER_ENDS},      /* after the handshake */
        {SHAKE "+20 <R", SERVER_ENDS},
        {SHAKE "+20 >R", CLIENT_ENDS},
        {">S +20 <SA +1 >R", CLIENT_ENDS}, /* a half-open scan */
        {">S +20 <SA +1 <RA,seq=0,ack=1000001",
         ANSWERS_SYN}, /* the race is lost, but it answers the SYN all the same */
        {SHAKE HELLO_C "+1 <R", SERVER_ENDS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        play_file(&p, cases[i].script);
        assert_int_equal(p.acts, 1);
        const struct answer *a = p.act->attempt.answer;
        bool refusal = a && a->refusal.number;
        bool server = a && a->connection && a->connection->side[SIDE_SERVER].rst.number;
        bool client = a && a->connection && a->connection->side[SIDE_CLIENT].rst.number;
        if (refusal != (cases[i].what == ANSWERS_SYN) ||
            (server && cases[i].what != SERVER_ENDS && cases[i].what != NOTHING) ||
            (!server && cases[i].what == SERVER_ENDS) || client != (cases[i].what == CLIENT_ENDS))
            fail_msg("%s: refusal %d, server's %d, client's %d", cases[i].script, refusal, server, client);
        play_close(&p);
    }
}

static void a_syn_ack_after_a_reset_is_kept(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +5 <RA,ttl=64 +15 <SA");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.refusal.number, 2);
    assert_int_equal(p.act->answer.synack.number, 3);
    assert_int_equal(attempt_stage(&p.act->attempt), STAGE_REFUSED);
    play_close(&p);
}

static void several_resets_are_counted_and_the_odd_one_kept(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +5 <RA +10 <RA,seq=1460 +10 <RA,seq=4380,ttl=50");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.refusals, 3);
    assert_int_equal(p.act->answer.refusal.number, 2);
    assert_int_equal(p.act->answer.refusal_other.number, 3);
    play_close(&p);
}

/* A reader that sorts the second by the first must see the same facts. */
static void out_of_order_gives_the_same_facts(void **state)
{
    static const char *const orders[] = {
        ">S +20 <SA +1 >A +1 " HELLO_C "+20 " HELLO_S "+5 <FA +1 >FA",
        "+20 <SA,ack=1000001 -20 >S +21 >A +1 " HELLO_C "+20 " HELLO_S "+5 <FA +1 >FA",
        ">S +21 >A,ack=3001000001 -1 <SA +2 " HELLO_C "+20 " HELLO_S "+5 <FA +1 >FA",
        ">S +20 <SA +1 >A +21 <'SSH-2.0-OpenSSH_9.2p1\r\n',at=1,ack=1000024 -20 " HELLO_C "+25 <FA +1 >FA",
    };
    struct play first;
    (void)state;
    play_file(&first, orders[0]);
    for (size_t i = 1; i < sizeof orders / sizeof *orders; i++) {
        struct play p;
        play_file(&p, orders[i]);
        assert_int_equal(p.acts, 1);
        const struct act *a = &first.act[0], *b = &p.act[0];
        assert_int_equal(b->attempt.syn.ts_us - p.now_us, a->attempt.syn.ts_us - first.now_us);
        assert_int_equal(b->answer.synack.seq, a->answer.synack.seq);
        assert_int_equal(attempt_stage(&b->attempt), attempt_stage(&a->attempt));
        assert_true(b->attempt.facts & FACT_OUT_OF_ORDER);
        assert_false(b->attempt.facts & FACT_NO_SYN);
        for (int side = 0; side < 2; side++) {
            assert_string_equal(b->dialogue.banner[side].text, a->dialogue.banner[side].text);
            assert_int_equal(b->connection.side[side].payload_bytes, a->connection.side[side].payload_bytes);
            assert_int_equal(b->connection.side[side].retransmissions, 0);
            assert_int_equal(b->connection.side[side].fin.seq, a->connection.side[side].fin.seq);
        }
        assert_int_equal(b->verdict.cause, a->verdict.cause);
        play_close(&p);
    }
    play_close(&first);
}

static void a_reset_read_before_the_syn_ack_that_it_follows(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +21 <R,seq=3001000001 -1 <SA +300us >A");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.refusal.number, 0);
    assert_int_equal(p.act->connection.side[SIDE_SERVER].rst.number, 2);
    assert_int_equal(attempt_stage(&p.act->attempt), STAGE_ACCEPTED);
    play_close(&p);
}

/* As several queues of a network interface hand it over: the whole short life of a connection, its handshake read last.
 */
static void a_reset_read_before_all_that_explains_it(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "+71us >A,at=1,ack=3001000001 -71us >S +422us <FA,at=23,ack=1000001 -52us >A,at=1,ack=3001000023 "
                  "+109us >'SSH-2.0-OpenSSH_9.2p1\r\n',at=1,ack=3001000024 +37us <R,seq=3001000024 "
                  "-159us <'Exceeded MaxStartups\r\n',at=1,ack=1000001 -303us <SA,ack=1000001");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.refusal.number, 0);
    assert_int_equal(p.act->dialogue.refusal, SSH_REFUSAL_MAXSTARTUPS);
    assert_int_equal(p.act->verdict.cause, CAUSE_MAXSTARTUPS);
    play_close(&p);
}

static void a_refusal_read_before_its_syn(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "+20 <RA,seq=0,ack=1000001 -20 >S");
    assert_int_equal(p.acts, 1);
    assert_int_equal(attempt_stage(&p.act->attempt), STAGE_REFUSED);
    assert_false(p.act->attempt.facts & FACT_NO_SYN);
    assert_int_equal(p.act->attempt.syns, 1);
    play_close(&p);
}

static void an_older_connections_ack_shakes_no_hands(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +20 <SA +1 >A,ack=5 +10 tick");
    assert_int_equal(p.act->connection.handshake_ack.number, 0);
    play_close(&p);
    play_file(&p, ">S +20 <SA +1 >A +10 tick");
    assert_int_equal(p.act->connection.handshake_ack.number, 3);
    play_close(&p);
}

static void a_four_tuple_used_anew_is_a_new_attempt(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +1 <RA +60000 >S,seq=99 +1 <RA,ack=100");
    assert_int_equal(p.acts, 2);
    assert_int_equal(p.act[0].attempt.syn.number, 1);
    assert_int_equal(p.act[1].attempt.syn.number, 3);
    assert_int_equal(p.act[1].answer.refusal.number, 4);
    play_close(&p);
}

static void two_syns_that_nothing_tells_apart_are_contested(void **state)
{
    static const struct {
        const char *script;
        bool contested;
    } cases[] = {
        {">S +100 >S,seq=99,ttl=57", true},
        {">S +100 >S,seq=99", true},
        {">S +1 <RA +1000 >S,seq=99,ttl=57 +1 <RA,ack=100,ttl=40", true},
        {">S +1 <RA +1000 >S,seq=99 +1 <RA,ack=100", false},    /* a tool that keeps its port */
        {">S +1000 >S +9000 >S,seq=99 +1000 >S,seq=99", false}, /* its first attempt timed out */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        play_file(&p, cases[i].script);
        assert_int_equal(p.acts, 2);
        for (int act = 0; act < 2; act++)
            assert_int_equal((p.act[act].attempt.facts & FACT_CONTESTED) != 0, cases[i].contested);
        play_close(&p);
    }
}

static void a_refused_syn_tried_again_is_one_attempt(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +1 <RA +500 >S +1 <RA +500 >S +1 <RA"); /* as Windows does */
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->attempt.syns, 3);
    assert_true(p.act->attempt.facts & FACT_SYN_AGAIN);
    play_close(&p);
}

static void connections_whose_beginning_is_missing(void **state)
{
    static const struct {
        const char *script;
        size_t attempts;
    } cases[] = {
        {"<SA +1 >A " HELLO_C, 1}, /* one direction, or the SYN was lost */
        {">e44 +20 <e44", 1},      /* mid-connection, known by its port */
        {"<RA,seq=0,ack=7", 1},    /* answers a SYN that is not here */
        {"<R,seq=5", 0},           /* a lone RST of anything */
        {">R,seq=5", 0},
        {"!3/3", 1}, /* an error about a SYN that is not here */
        {">S,port=80 +20 <SA >A >'GET / HTTP/1.0\r\n\r\n' +20 <'HTTP/1.0 200 OK\r\n'", 0},
        {">S,port=8080 +20 <SA >A " HELLO_C, 1}, /* SSH by its first bytes */
        {">S,port=8080 +20 <RA", 0},
        /* Damaged frames of nobody's, once a good checksum was seen. */
        {">S +20 <SA >A 2>e44,sum=2", 1},
        {">S +20 <SA >A 2>e44", 2},
        {"2>e44,sum=2", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        play_file(&p, cases[i].script);
        if (p.acts != cases[i].attempts)
            fail_msg("%s: %zu attempts", cases[i].script, p.acts);
        if (p.acts && i < 6)
            assert_true(p.act->attempt.facts & FACT_NO_SYN);
        play_close(&p);
    }
}

static void a_server_is_known_in_a_connection_without_syn(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "<e44 +20 >e44");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->attempt.key.server_port, 22);
    assert_int_equal(p.act->attempt.key.client_port, 40001);
    play_close(&p);
}

static void errors_find_their_attempt(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S +1 !3/1,from=4 +10 !3/1,from=4 +10 !3/13,from=4 2>S +5 2!3/3,tos=0xd0,ttl=60");
    assert_int_equal(p.acts, 2);
    const struct act *one = &p.act[0], *two = &p.act[1];
    if (one->attempt.key.client_port != 40001)
        one = &p.act[1], two = &p.act[0];
    assert_int_equal(one->answer.icmp.count, 2);
    assert_int_equal(one->answer.icmp.code, 1);
    assert_int_equal(one->answer.icmp_later.code, 13);
    assert_int_equal(attempt_stage(&one->attempt), STAGE_REJECTED);
    struct address router = person_address(PERSON_ROUTER, false);
    assert_true(address_equal(&one->answer.icmp.sender, &router));
    assert_int_equal(two->answer.icmp.tos, 0xd0);
    assert_int_equal(two->answer.icmp.ttl, 60);
    assert_int_equal(two->answer.icmp.quoted_ttl, 64);
    play_close(&p);
}

/* RFC 792's error about a segment of a session is not an answer to its SYN. */
static void an_error_in_the_session_rejects_no_syn(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, LOGIN "+100 >e60 +1 !3/3 +200 >e60,at=500 +1 <e60");
    assert_int_equal(p.acts, 1);
    assert_true(attempt_stage(&p.act->attempt) >= STAGE_AUTH);
    play_close(&p);
}

static void what_is_sent_again_is_counted_once(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+20 " HELLO_S ">e1000 +300 >e1000,at=24 +600 >e1000,at=24 +1200 >e1000,at=24");
    const struct flow_side *c = &p.act->connection.side[SIDE_CLIENT];
    assert_int_equal(c->retransmissions, 3);
    assert_int_equal(c->stalled_count, 3);
    assert_int_equal(c->payload_bytes, 23 + 1000);
    assert_int_equal(c->stalled.payload_len, 1000);
    play_close(&p);
}

static void a_keep_alive_is_no_retransmission(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+20 " HELLO_S "+60000 >e1,at=23 +20 <A +60000 >A,at=23 +20 <A");
    assert_int_equal(p.act->connection.side[SIDE_CLIENT].retransmissions, 0);
    play_close(&p);
}

static void a_lost_segment_filled_in_later_is_no_retransmission(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, SHAKE HELLO_C "+20 " HELLO_S ">e100,at=124 +10 >e100,at=24 +10 <A");
    const struct flow_side *c = &p.act->connection.side[SIDE_CLIENT];
    assert_int_equal(c->payload_bytes, 223);
    assert_int_equal(c->retransmissions, 0);
    assert_int_equal(c->hole_bytes, 0);
    play_close(&p);
}

static void sequence_numbers_wrap(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, false);
    p.talk[1] = (struct conversation){true, {0xfffffff0u, 0xffffffffu}, {0xfffffff0u, 0xffffffffu}, {{0}}};
    play_script(&p, SHAKE KEX ASKED TRY LEAVE);
    play_end(&p);
    assert_int_equal(p.acts, 1);
    for (int side = 0; side < 2; side++) {
        assert_string_equal(p.act->dialogue.banner[side].text, "SSH-2.0-OpenSSH_9.2p1");
        assert_int_not_equal(p.act->dialogue.kexinit_len[side], 0);
        assert_int_equal(p.act->connection.side[side].retransmissions, 0);
        assert_int_equal(p.act->connection.side[side].hole_bytes, 0);
    }
    assert_int_equal(p.act->dialogue.encrypted_packets[SIDE_CLIENT], 3);
    play_close(&p);
}

static void the_same_both_families(void **state)
{
    static const char *const scripts[] = {">S +20 <RA", ">S +1000 >S", SHAKE KEX ASKED TRY LEAVE, SHAKE "<FA"};
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct play four, six;
        play_file(&four, scripts[i]);
        play_open(&six, false);
        six.ipv6 = true;
        play_script(&six, scripts[i]);
        play_end(&six);
        assert_int_equal(six.acts, 1);
        assert_int_equal(attempt_stage(&six.act->attempt), attempt_stage(&four.act->attempt));
        assert_int_equal(six.act->attempt.packets, four.act->attempt.packets);
        play_close(&four);
        play_close(&six);
    }
}

/* RFC 9293 section 3.5.3: a RST may carry text. Each is kept once, and no more of them than there is room for. */
static void what_a_reset_says(void **state)
{
    static struct reset_texts texts;
    static const struct {
        const char *data;
        uint8_t flags;
        const char *text; /* NULL: it says nothing */
    } rows[] = {
        {"blocked by policy", TCP_RST, "blocked by policy"},
        {"blocked by policy\r\nid 7", TCP_RST | TCP_ACK, "blocked by policy"},
        {"no", TCP_RST, NULL},
        {"\x01\x02 bytes of a session", TCP_RST, NULL},
        {"half text \x80 half not", TCP_RST, NULL},
        {"", TCP_RST, NULL},
        {"blocked by policy", TCP_ACK, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct attempt attempt = {.packets = 1};
        const struct packet packet = {.tcp = {.flags = rows[i].flags,
                                              .payload = (const uint8_t *)rows[i].data,
                                              .payload_len = (uint32_t)strlen(rows[i].data),
                                              .payload_captured = (uint32_t)strlen(rows[i].data)}};
        reset_text_note(&texts, &attempt, &packet);
        assert_int_equal(attempt.reset_text == NULL, rows[i].text == NULL);
        if (rows[i].text)
            assert_string_equal(attempt.reset_text, rows[i].text);
    }
    assert_int_equal(texts.count, 1);
    for (int i = 0; i < 2 * RESET_TEXTS; i++) {
        char data[200];
        memset(data, 'x', sizeof data);
        const int length = snprintf(data, sizeof data, "reason %d", i);
        struct attempt attempt = {.packets = 1};
        const struct packet packet = {.tcp = {.flags = TCP_RST,
                                              .payload = (const uint8_t *)data,
                                              .payload_captured = (uint32_t)(i % 2 ? length : 200)}};
        reset_text_note(&texts, &attempt, &packet);
    }
    assert_int_equal(texts.count, RESET_TEXTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_reset_says),
        cmocka_unit_test(a_retransmitted_syn_is_not_a_frame_seen_twice),
        cmocka_unit_test(a_syn_seen_before_and_after_a_router),
        cmocka_unit_test(frames_seen_twice_change_no_count),
        cmocka_unit_test(resets_are_distinguished),
        cmocka_unit_test(a_syn_ack_after_a_reset_is_kept),
        cmocka_unit_test(several_resets_are_counted_and_the_odd_one_kept),
        cmocka_unit_test(out_of_order_gives_the_same_facts),
        cmocka_unit_test(a_reset_read_before_the_syn_ack_that_it_follows),
        cmocka_unit_test(a_reset_read_before_all_that_explains_it),
        cmocka_unit_test(a_refusal_read_before_its_syn),
        cmocka_unit_test(an_older_connections_ack_shakes_no_hands),
        cmocka_unit_test(a_four_tuple_used_anew_is_a_new_attempt),
        cmocka_unit_test(two_syns_that_nothing_tells_apart_are_contested),
        cmocka_unit_test(a_refused_syn_tried_again_is_one_attempt),
        cmocka_unit_test(connections_whose_beginning_is_missing),
        cmocka_unit_test(a_server_is_known_in_a_connection_without_syn),
        cmocka_unit_test(errors_find_their_attempt),
        cmocka_unit_test(an_error_in_the_session_rejects_no_syn),
        cmocka_unit_test(what_is_sent_again_is_counted_once),
        cmocka_unit_test(a_keep_alive_is_no_retransmission),
        cmocka_unit_test(a_lost_segment_filled_in_later_is_no_retransmission),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(the_same_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
