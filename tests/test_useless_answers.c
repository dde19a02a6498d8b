/* Answers that a client cannot take, and refusals before an acceptance: what is recorded of them, whichever way frames
 * are taken. */
#include "script.h"

static void open_and_play(struct play *p, bool live, enum play_way way, const char *script)
{
    play_open_as(p, live, 0, way);
    play_script(p, script);
    play_end(p);
}

static void an_answer_from_elsewhere_is_the_attempts(void **state)
{
    (void)state;
    for (int way = PLAY_QUICK; way <= PLAY_CLASSIFIED; way++) {
        struct play p;
        open_and_play(&p, false, (enum play_way)way,
                      ">S +5 <SA,from=4 >R,to=4,seq=1000001 +1000 >S +5 <SA,from=4 >R,to=4,seq=1000001 +3000 tick");
        assert_int_equal(p.acts, 1); /* none of its own */
        const struct useless_answer *m = &p.act->answer.misaddressed;
        assert_int_equal(m->number, 2);
        assert_int_equal(m->last_number, 5);
        assert_int_equal(m->count, 2);
        assert_int_equal(m->resets, 2);
        assert_true(m->arrives);
        assert_int_equal(p.act->answer.misaddressed_port, 22);
        assert_int_equal(p.act->answer.synack.number, 0);
        play_close(&p);
    }
}

/* The capture begins late: the first answer, whose SYN is not in it, is no attempt of its own either. */
static void before_its_syn_it_is_the_attempts_too(void **state)
{
    (void)state;
    struct play p;
    open_and_play(&p, false, PLAY_QUICK,
                  "<SA,from=4,ack=1000001 >R,to=4,seq=1000001 +1000 >S +5 <SA,from=4 +3000 tick");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.misaddressed.number, 4);
    play_close(&p);
}

static void of_no_syn_it_is_another_connections(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        ">S +5 <SA,from=4,ack=1000002 +1000 >S +3000 tick",  /* another number */
        ">S +5 2<SA,from=4,ack=1000001 +1000 >S +3000 tick", /* another port */
        ">S +5 <SA +5 >A <SA,from=4,ack=1000001 +3000 tick", /* the SYN was answered */
        ">S +5 <SA,from=4,sum=2 +1000 >S +3000 tick",        /* damaged on its way */
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct play p;
        open_and_play(&p, false, PLAY_QUICK, scripts[i]);
        for (size_t act = 0; act < p.acts; act++)
            assert_int_equal(p.act[act].answer.misaddressed.number, 0);
        play_close(&p);
    }
}

/* Seen on its further way too, the answer may yet be translated back. */
static void on_a_leg_it_has_to_arrive(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        bool arrives;
    } cases[] = {
        {"routed >S,ttl=60 >S,to=3,mac=4,ttl=59 +5 <SA,from=3,ttl=64 +1000 >S,ttl=60 +3000 tick", false},
        {"routed >S,ttl=60 >S,to=3,mac=4,ttl=59 +5 <SA,from=3,ttl=64 >R,to=3,seq=1000001 +1000 >S,ttl=60 +3000 tick",
         true},
        {">S >S,to=3,mac=4,ttl=63 +5 <SA,from=3,ttl=64 +1000 >S +3000 tick", true}, /* to the client's MAC address */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        open_and_play(&p, false, PLAY_QUICK, cases[i].script);
        assert_int_equal(p.acts, 1);
        assert_int_equal(p.act->answer.misaddressed.arrives, cases[i].arrives);
        play_close(&p);
    }
}

static void a_stale_answer_is_no_connection(void **state)
{
    (void)state;
    struct play p;
    open_and_play(&p, false, PLAY_QUICK, ">S +5 <A,ack=77 >R,seq=77 +1000 >S +5 <A,ack=77 +3000 tick");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.stale.number, 2);
    assert_int_equal(p.act->answer.stale.count, 2);
    assert_int_equal(p.act->answer.stale.resets, 1);
    assert_null(p.act->answer.connection);
    play_close(&p);
    /* What the SYN's own connection acknowledges is near its number, though its SYN-ACK was not captured. */
    open_and_play(&p, false, PLAY_QUICK, ">S +5 <A,ack=1000042 +3000 tick");
    assert_int_equal(p.act->answer.stale.number, 0);
    play_close(&p);
}

static void before_its_syn_a_stale_answer_is_no_attempt(void **state)
{
    (void)state;
    struct play p;
    open_and_play(&p, false, PLAY_QUICK, "<A,ack=77 >R,seq=77 +1000 >S +5 <A,ack=77 +1000 >S +3000 tick");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.stale.number, 4);
    play_close(&p);
    /* Long before, it was another connection's. */
    open_and_play(&p, false, PLAY_QUICK, "<A,ack=77 >R,seq=77 +9000 >S +1000 >S +3000 tick");
    assert_int_equal(p.acts, 2);
    play_close(&p);
}

static void refusals_of_earlier_syns_are_set_aside(void **state)
{
    (void)state;
    for (int way = PLAY_QUICK; way <= PLAY_CLASSIFIED; way++) {
        struct play p;
        open_and_play(&p, false, (enum play_way)way, ">S +5 <RA +500 >S +5 <RA +500 >S +5 <SA >A");
        assert_int_equal(p.acts, 1);
        assert_int_equal(p.act->answer.refusal.number, 0);
        assert_int_equal(p.act->answer.refused_before, 2);
        assert_int_equal(p.act->answer.refusals_before, 2);
        play_close(&p);
        open_and_play(&p, false, (enum play_way)way, ">S +5 <RA +500 >S +5 <RA +5 <SA >A");
        assert_int_equal(p.act->answer.refusal.number, 2); /* both answer the second SYN */
        play_close(&p);
    }
}

/* The refusal is told at once, and the login when it goes through. */
static void live_both_are_told(void **state)
{
    (void)state;
    struct play p;
    open_and_play(&p, true, PLAY_QUICK, ">S +5 <RA +500 >S +5 <SA +1 >A " KEX ASKED ">e148 +20 <e28 +400");
    assert_int_equal(p.acts, 2);
    assert_int_equal(p.act[0].verdict.stage, STAGE_REFUSED);
    assert_int_equal(p.act[1].verdict.cause, CAUSE_NONE);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_from_elsewhere_is_the_attempts),
        cmocka_unit_test(before_its_syn_it_is_the_attempts_too),
        cmocka_unit_test(of_no_syn_it_is_another_connections),
        cmocka_unit_test(on_a_leg_it_has_to_arrive),
        cmocka_unit_test(a_stale_answer_is_no_connection),
        cmocka_unit_test(before_its_syn_a_stale_answer_is_no_attempt),
        cmocka_unit_test(refusals_of_earlier_syns_are_set_aside),
        cmocka_unit_test(live_both_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
