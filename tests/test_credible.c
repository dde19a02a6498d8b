/* A packet counts where its numbers fit the connection in whose name it comes. */
#include "script.h"

static void play_all(struct play *p, const char *script)
{
    play_open(p, false);
    play_script(p, script);
    play_end(p);
    assert_int_equal(p->acts, 1);
}

static void forged_ones_count_for_nothing(void **state)
{
    static const char *const scripts[] = {
        SHAKE "<RA,seq=0x70000000,ack=0x12345678 " HELLO_C HELLO_S "+10 >FA +5 <FA",
        SHAKE HELLO_C "<'Exceeded MaxStartups\r\n',seq=0x70000000,ack=0x12345678 " HELLO_S "+10 >FA +5 <FA",
        SHAKE HELLO_C HELLO_S ">FA,seq=0x70000000,ack=0x12345678 +10 >FA +5 <FA",
        ">S +1 <'Exceeded MaxStartups\r\n',seq=0x70000000,ack=0x12345678 +19 <SA +1 >A " HELLO_C HELLO_S
        "+10 >FA +5 <FA",
    };
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct play p;
        play_all(&p, scripts[i]);
        const struct act *act = &p.act[0];
        assert_int_equal(act->connection.side[SIDE_SERVER].rsts, 0);
        assert_int_equal(act->dialogue.refusal, SSH_REFUSAL_NONE);
        assert_true(act->connection.side[SIDE_CLIENT].fin.seq != 0x70000000);
        assert_string_equal(act->dialogue.banner[SIDE_SERVER].text, "SSH-2.0-OpenSSH_9.2p1");
        play_close(&p);
    }
}

/* Without an acknowledgement and before the SYN-ACK, a RST has nothing to be compared with. */
static void a_bare_rst_is_compared_with_the_synack(void **state)
{
    struct play p;
    (void)state;
    play_all(&p, ">S +1 <R,seq=0x70000000 +19 <SA +1 >A " HELLO_C HELLO_S "+10 >FA +5 <FA");
    assert_int_equal(p.act[0].connection.side[SIDE_SERVER].rsts, 0);
    assert_int_equal(p.act[0].attempt.misfits, 1);
    play_close(&p);
}

/* A true one has the numbers that are due, or runs ahead of what was captured. */
static void true_ones_count(void **state)
{
    struct play p;
    (void)state;
    play_all(&p, SHAKE HELLO_C HELLO_S "+10 <RA");
    assert_int_equal(p.act[0].connection.side[SIDE_SERVER].rsts, 1);
    assert_int_equal(p.act[0].attempt.misfits, 0);
    play_close(&p);
    play_all(&p, SHAKE HELLO_C HELLO_S "+10 <RA,skip=60000");
    assert_int_equal(p.act[0].connection.side[SIDE_SERVER].rsts, 1);
    assert_int_equal(p.act[0].attempt.misfits, 0);
    play_close(&p);
}

/* Where much was not captured both sides go on in numbers that fit each other's. */
static void what_both_sides_speak_of_is_taken_up(void **state)
{
    struct play p;
    (void)state;
    play_all(&p, SHAKE HELLO_C HELLO_S "+10 >FA,seq=0x20000000,ack=0x50000000 +5 <FA,seq=0x50000000,ack=0x20000001");
    assert_true(p.act[0].connection.side[SIDE_CLIENT].fin.number != 0);
    assert_true(p.act[0].connection.side[SIDE_SERVER].fin.number != 0);
    play_close(&p);
}

/* Nobody asked, so it teaches nothing; the client's acknowledgement shows that somebody had. */
static void an_unasked_synack_teaches_nothing(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, false);
    play_script(&p, "2<SA,ttl=9 +20 >S +20 <RA");
    play_end(&p);
    assert_int_equal(p.act[1].server.own_packets, 0);
    play_close(&p);
    play_open(&p, false);
    play_script(&p, "2<SA,ttl=60 +1 2>A +20 >S +20 <RA");
    play_end(&p);
    assert_int_equal(p.act[1].server.own_packets, 1);
    assert_int_equal(p.act[1].server.own.ttl, 60);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_ones_count_for_nothing),
        cmocka_unit_test(a_bare_rst_is_compared_with_the_synack),
        cmocka_unit_test(true_ones_count),
        cmocka_unit_test(what_both_sides_speak_of_is_taken_up),
        cmocka_unit_test(an_unasked_synack_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
