/* Multipath TCP: a session on several connections is one attempt, and its bytes are put in order by its own numbers. */
#include "script.h"

/* The first 32 bits of SHA-1 over the server's key, eight bytes of 2. */
#define TOKEN "0xc088da70"

#define AGREED   ">S,key=1 +20 <SA,key=2 >A "
#define JOINED   "2>S,join=" TOKEN " +20 2<SA 2>A "
#define BANNER   "'SSH-2.0-OpenSSH_9.2p1\r\n'" /* 23 bytes */
#define GOODBYES ">FA +5 <FA +5 2>FA +5 2<FA +5 2>A"

static void a_subflow_is_no_attempt(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, AGREED JOINED ">" BANNER ",data=500 +20 2<" BANNER ",data=1000 " GOODBYES);
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act[0].attempt.key.client_port, 40001);
    assert_true(p.act[0].attempt.facts & FACT_MULTIPATH);
    assert_int_equal(p.act[0].connection.subflows, 1);
    play_close(&p);
}

static void what_it_carries_is_read_in_the_session(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, AGREED "<" BANNER ",data=1000 " JOINED "2>" BANNER ",data=500 +20 2<kexinit,data=1023 >A " GOODBYES);
    assert_int_equal(p.acts, 1);
    assert_string_equal(p.act[0].dialogue.banner[SIDE_CLIENT].text, "SSH-2.0-OpenSSH_9.2p1");
    assert_true(p.act[0].dialogue.kexinit_len[SIDE_SERVER] > 0);
    assert_int_equal(p.act[0].dialogue.elsewhere[SIDE_SERVER], 0);
    play_close(&p);
}

/* Version 1 maps the client's first bytes by no option of their own, and one mapping may be for several segments. */
static void bytes_without_a_mapping_follow_on(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, AGREED "<" BANNER ",data=1000 >" BANNER " " JOINED
                         "2>e600,data=523 +20 >e10,data=1123 >e20 +20 2<kexinit,data=1023 >A " GOODBYES);
    assert_int_equal(p.acts, 1);
    assert_string_equal(p.act[0].dialogue.banner[SIDE_CLIENT].text, "SSH-2.0-OpenSSH_9.2p1");
    assert_int_equal(p.act[0].dialogue.stream_len[SIDE_CLIENT], 23 + 600 + 10 + 20);
    assert_int_equal(p.act[0].dialogue.elsewhere[SIDE_CLIENT], 0);
    play_close(&p);
}

static void what_is_not_captured_proves_nothing(void **state)
{
    struct play p;
    (void)state;
    play_file(&p,
              AGREED "<" BANNER ",data=1000 >" BANNER ",data=500 >kexinit,data=523 +20 <e100,data=3000 >A >FA +5 <FA");
    assert_int_equal(p.acts, 1);
    assert_true(p.act[0].dialogue.elsewhere[SIDE_SERVER] > 0);
    assert_int_equal(p.act[0].verdict.cause, CAUSE_UNDETERMINED);
    assert_non_null(strstr(p.act[0].verdict.reason, "Multipath TCP"));
    play_close(&p);
}

/* Refused, or never answered: the session goes on without it. */
static void a_subflow_that_fails_is_no_attempt(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, AGREED "2>S,join=" TOKEN " +20 2<RA 3>S,join=" TOKEN " +1000 3>S,join=" TOKEN " +3000 tick");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act[0].attempt.key.client_port, 40001);
    play_close(&p);
}

static void a_subflow_of_nobody_known_is_none_either(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "2>S,join=7 +20 2<SA 2>A 2<e500,data=9000 2>A 2>FA +5 2<FA");
    assert_int_equal(p.acts, 0);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subflow_is_no_attempt),
        cmocka_unit_test(what_it_carries_is_read_in_the_session),
        cmocka_unit_test(bytes_without_a_mapping_follow_on),
        cmocka_unit_test(what_is_not_captured_proves_nothing),
        cmocka_unit_test(a_subflow_that_fails_is_no_attempt),
        cmocka_unit_test(a_subflow_of_nobody_known_is_none_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
