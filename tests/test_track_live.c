/* Live: when an attempt is handed over. Time is made up here; nothing waits. */
#include "script.h"

/* `script` ends with a wait; its verdict must come between `soonest` and `latest` ms after frame number `packet`. */
struct due_case {
    const char *script;
    uint64_t packet;
    int64_t soonest_ms, latest_ms;
    enum stage stage;
};

static int64_t frame_time[64];

static void note_times(struct play *p, const char *script)
{
    /* Each token by itself, so that the time of each frame is known. */
    char token[4096];
    while (*script) {
        size_t n = strcspn(script, " "), quote = strcspn(script, "'");
        if (quote < n)
            n = quote + 1 + strcspn(script + quote + 1, "'") + 1;
        assert_true(n < sizeof token);
        memcpy(token, script, n);
        token[n] = '\0';
        play_script(p, token);
        frame_time[p->number % 64] = p->number ? (token[0] == '+' ? frame_time[p->number % 64] : p->now_us) : 0;
        script += n + (script[n] == ' ');
    }
}

static const struct due_case cases[] = {
    {">S +20 <RA +400", 2, 0, 100, STAGE_REFUSED},
    {">S +20 !3/3 +400", 2, 0, 100, STAGE_REJECTED},
    {"v6 >S +20 !1/4 +400", 2, 0, 100, STAGE_REJECTED},
    {SHAKE "+5 <FA +400", 4, 0, 100, STAGE_ACCEPTED},
    {SHAKE "+5 <R +400", 4, 0, 100, STAGE_ACCEPTED},
    {SHAKE "+5 <'Exceeded MaxStartups\r\n' <FA +400", 5, 0, 100, STAGE_ACCEPTED},
    {SHAKE "+5 <'Not allowed at this time\r\n' <FA +400", 5, 0, 100, STAGE_ACCEPTED},
    {SHAKE KEX ASKED ">e148 +20 <e28 +400", 17, 0, 100, STAGE_AUTH},
    {SHAKE KEX ASKED TRY TRY ">FA +400", 20, 0, 100, STAGE_AUTH},
    {SHAKE KEX ASKED TRY TRY "<FA +400", 20, 0, 100, STAGE_AUTH},
    {SHAKE HELLO_C "+20 " HELLO_S ">kexinit <kexother <FA +400", 8, 0, 100, STAGE_KEX},
    {SHAKE "+1 >FA +400", 4, 0, 100, STAGE_ACCEPTED},
    /* A scan is told as soon as any. */
    {">S,ttl=54,win=1024 +20 <SA +1 >R,ttl=64 +400", 3, 0, 100, STAGE_ACCEPTED},
    {">S,win=1024 +20 <RA +400", 2, 0, 100, STAGE_REFUSED},
    {">S,ttl=3 +20 !11/0,from=4 +400", 2, 0, 100, STAGE_REJECTED},
    {SHAKE "+20 " HELLO_S "+5 >FA +400", 5, 0, 100, STAGE_BANNER},
    /* Silence is judged when a router would have reported a dead neighbour, and not at the first retransmission. */
    {">S +1000 >S +1000 >S +4000", 1, 3200, 4500, STAGE_NO_ANSWER},
    /* An answer that the client cannot take ends nothing. */
    {">S +5 <SA,from=4 >R,to=4,seq=1000001 +1000 >S +5 <SA,from=4 +4000", 1, 3200, 4500, STAGE_NO_ANSWER},
    {">S +5 <A,ack=77 >R,seq=77 +1000 >S +5 <A,ack=77 +4000", 1, 3200, 4500, STAGE_NO_ANSWER},
    {">S +8000", 1, 3200, 4500, STAGE_NO_ANSWER},
    /* RSTs without ACK end nothing. */
    {">S +20 <R,seq=77 +980 >S +20 <R,seq=78 +1000 >S +4000", 1, 3200, 4500, STAGE_NO_ANSWER},
    {">S +20 <R,seq=77 +980 >S +20 <RA +400", 4, 0, 100, STAGE_REFUSED},
    /* A mute server may be waiting for a name server that does not answer: 5 s, 10 s. */
    {SHAKE HELLO_C "+1 <A +25000", 3, 10000, 16000, STAGE_ACCEPTED},
    {">S +20 <SA +1000 <SA +2000 <SA +5000", 2, 3000, 5500, STAGE_ACCEPTED},
};

static void each_verdict_in_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        play_open(&p, true);
        note_times(&p, cases[i].script);
        if (p.acts != 1)
            fail_msg("%s: %zu verdicts", cases[i].script, p.acts);
        int64_t after = (p.act->when_us - frame_time[cases[i].packet]) / 1000;
        if (after < cases[i].soonest_ms || after > cases[i].latest_ms)
            fail_msg("%s: verdict after %d ms", cases[i].script, (int)after);
        if (attempt_stage(&p.act->attempt) != cases[i].stage)
            fail_msg("%s: stage %d", cases[i].script, (int)attempt_stage(&p.act->attempt));
        play_end(&p);
        if (p.acts != 1)
            fail_msg("%s: a second verdict at the end", cases[i].script);
        play_close(&p);
    }
}

static void what_follows_soon_is_part_of_the_verdict(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, ">S +5 <RA +15 <SA +400");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->answer.synack.number, 3);
    play_close(&p);
}

static void late_packets_start_no_new_attempt(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, SHAKE HELLO_C "+20 " HELLO_S "<FA +200 >A +10 >FA +10 <A +500");
    play_end(&p);
    assert_int_equal(p.acts, 1);
    play_close(&p);
}

static void a_reset_that_nobody_heeds_ends_nothing(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, SHAKE HELLO_C "<R,ttl=50 +5 >A +10 " HELLO_S "+10 >kexinit +200");
    assert_int_equal(p.acts, 0);
    play_close(&p);
}

static void a_session_that_dies_is_reported_again(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, LOGIN "+60000");
    assert_int_equal(p.acts, 1);
    play_script(&p, ">e60 ");
    uint32_t seq = p.talk[1].last[SIDE_CLIENT].seq - p.talk[1].isn[SIDE_CLIENT];
    for (int wait = 300; wait <= 9600; wait *= 2) {
        char again[64];
        snprintf(again, sizeof again, "+%d >e60,at=%u", wait, seq);
        play_script(&p, again);
    }
    play_script(&p, "+1000");
    assert_int_equal(p.acts, 2);
    play_end(&p);
    assert_int_equal(p.acts, 2);
    play_close(&p);
}

static void a_reset_session_is_reported_again(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, LOGIN "+5000 >e60 +20 <e60 +100");
    assert_int_equal(p.acts, 1);
    play_script(&p, "+60000 <RA,ttl=40,win=8192,id=1 +400");
    assert_int_equal(p.acts, 2);
    play_close(&p);
}

static void a_login_that_ends_as_it_should_is_reported_once(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, LOGIN "+5000 >e60 +20 <e60 +100 " LEAVE "+100000 tick +1000 tick");
    play_end(&p);
    assert_int_equal(p.acts, 1);
    play_close(&p);
}

/* The clock of a capture may step: nothing is decided twice, and nothing waits for ever. */
static void a_clock_that_steps_back(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, ">S +20 <RA -3600000 2>S +20 2<RA +400");
    play_end(&p);
    assert_int_equal(p.acts, 2);
    play_close(&p);
}

/* Its late packets must start nothing new, for a minute; then it is forgotten, even where the clock was set meanwhile
 * or the machine slept. */
static void how_long_it_is_remembered(void **state)
{
    static const struct {
        const char *script;
        size_t left;
    } later[] = {
        {"+59000 tick", 1},
        {"+62000 tick", 0},
        {"-60000 +100 tick", 1},
        {"+36000000 tick", 0},
        {"+36000000 tick >S +20 <RA +400 tick", 1},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof later / sizeof *later; i++) {
        struct play p;
        struct tracker_stats stats;
        play_open_as(&p, true, 0, i % 2 ? PLAY_WHOLE : PLAY_QUICK);
        play_script(&p, ">S +20 <RA +400 tick");
        assert_int_equal(p.acts, 1);
        play_script(&p, later[i / 2].script);
        tracker_stats(p.tracker, &stats);
        if (stats.attempts_now != later[i / 2].left)
            fail_msg("%s: %zu left", later[i / 2].script, (size_t)stats.attempts_now);
        play_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verdict_in_its_time),
        cmocka_unit_test(what_follows_soon_is_part_of_the_verdict),
        cmocka_unit_test(late_packets_start_no_new_attempt),
        cmocka_unit_test(a_reset_that_nobody_heeds_ends_nothing),
        cmocka_unit_test(a_session_that_dies_is_reported_again),
        cmocka_unit_test(a_reset_session_is_reported_again),
        cmocka_unit_test(a_login_that_ends_as_it_should_is_reported_once),
        cmocka_unit_test(a_clock_that_steps_back),
        cmocka_unit_test(how_long_it_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
