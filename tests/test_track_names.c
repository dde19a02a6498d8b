/* Attempts that never came to a SYN: names that did not resolve, neighbours that did not answer. */
#include "script.h"

struct name_case {
    const char *script;
    const char *name; /* of the one attempt expected; NULL: none */
    int rcode;
};

static const struct name_case cases[] = {
    {"?nowhere.example +1 ?nowhere.example=3 tick", "nowhere.example", 3},
    {"?there.example +1 ?there.example=0/1 +1 >S +20 <SA", NULL, 0},
    /* Through the search list of resolv.conf: the name as typed, then with suffixes, or the other way round. */
    {"?nowhere +1 ?nowhere=3 +1 ?nowhere.example.com +1 ?nowhere.example.com=3", "nowhere", 3},
    {"?nowhere.example.com +1 ?nowhere.example.com=3 +1 ?nowhere +1 ?nowhere=3", "nowhere", 3},
    {"?there.example.com +1 ?there.example.com=3 +1 ?there +1 ?there=0/1", NULL, 0},
    {"?there +1 ?there=3 +1 ?there.example.com +1 ?there.example.com=0/2", NULL, 0},
    /* A resolver that is not there is asked twice, 5 s apart. */
    {"?silent.example +5000 ?silent.example +6000 tick", "silent.example", -1},
    {"?silent.example +100 tick", NULL, 0},
    /* Asked once for either kind of address: given up where it is not asked again in time. */
    {"?silent.example ??silent.example +5600 tick", "silent.example", -1},
    {"?silent.example ??silent.example +5400 tick", NULL, 0},
    {"??silent.example ??silent.example +5600 tick", NULL, 0},
    /* Who asks a server for this is no login. */
    {"?localhost +5000 ?localhost +6000 tick", NULL, 0},
    {"?x.LocalHost +1 ?x.LocalHost=3 tick", NULL, 0},
    {"?mylocalhost +1 ?mylocalhost=3 tick", "mylocalhost", 3},
    {"?bad.example +1 ?bad.example=2 +5000 tick", "bad.example", 2},
    /* Like names are not one lookup. */
    {"?host.example +1 ?host.example=0/1 +1 ?hostess.example +1 ?hostess.example=3", "hostess.example", 3},
};

static void lookups_that_failed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p;
        const struct act *found = NULL;
        play_file(&p, cases[i].script);
        for (size_t a = 0; a < p.acts; a++)
            if (p.act[a].attempt.lookup) {
                if (found)
                    fail_msg("%s: more than one failed lookup", cases[i].script);
                found = &p.act[a];
            }
        if (!found != !cases[i].name)
            fail_msg("%s: %s", cases[i].script, found ? found->lookup.name : "no attempt");
        if (found && cases[i].name &&
            (strcmp(found->lookup.name, cases[i].name) != 0 || found->lookup.rcode != cases[i].rcode))
            fail_msg("%s: %s, rcode %d", cases[i].script, found->lookup.name, found->lookup.rcode);
        if (found)
            assert_int_equal(found->verdict.cause, CAUSE_NAME_FAILURE);
        play_close(&p);
    }
}

static void a_negative_answer_is_reported_soon_when_live(void **state)
{
    struct play p;
    (void)state;
    play_open(&p, true);
    play_script(&p, "?nowhere.example +1 ?nowhere.example=3 +2000");
    assert_int_equal(p.acts, 1);
    play_end(&p);
    assert_int_equal(p.acts, 1);
    play_close(&p);
}

static void searches_that_nobody_answered(void **state)
{
    static const struct {
        const char *script;
        size_t attempts;
        enum cause cause;
    } searches[] = {
        {"who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"v6 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"who is +1000 who is +1000 who is +1500 tick", 0, CAUSE_COUNT},
        {"who +1000 who +1000 who is +1500 tick", 0, CAUSE_COUNT},
        {"who +1000 who +500 tick", 0, CAUSE_COUNT},             /* not yet given up */
        {"who again +1000 who again +500 tick", 0, CAUSE_COUNT}, /* two requests, each seen twice */
        /* The kernel gives up after three, and somebody connects again. */
        {"who +1000 who +1000 who +1500 who +1000 who +1000 who +1500 tick", 2, CAUSE_HOST_UNREACHABLE},
        /* What flows already looks for a MAC address that it knew. */
        {"check +1000 check +1000 check +3000 who +1000 who +1000 who +1500 tick", 0, CAUSE_COUNT},
        {"v6 check +1000 check +1000 check +1500 tick", 0, CAUSE_COUNT},
        /* A cooked header does not tell whom this machine asked; of what passes between others, it does. */
        {"cooked who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"cooked who +1000 who +1000 who is +1500 tick", 0, CAUSE_COUNT},
        {"cooked v6 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"cooked v6 check +1000 check +1000 check +1500 tick", 0, CAUSE_COUNT},
        {"bridged who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
        {"bridged check +1000 check +1000 check +1500 tick", 0, CAUSE_COUNT},
        {"who is >S +1000 >S +2000 >S +2000 tick", 1, CAUSE_SILENT_DROP},
        /* Once known, now gone: SYNs go out, and the search begins 5 s later. */
        {"who is >S +1000 >S +2000 >S +2000 who +1000 who +1000 who +1500 tick", 1, CAUSE_HOST_UNREACHABLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        struct play p;
        play_file(&p, searches[i].script);
        if (p.acts != searches[i].attempts)
            fail_msg("%s: %zu attempts", searches[i].script, p.acts);
        if (p.acts && p.act->verdict.cause != searches[i].cause)
            fail_msg("%s: %s", searches[i].script, cause_name(p.act->verdict.cause));
        play_close(&p);
    }
}

static void who_searched_for_whom(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, "who +1000 who +1000 who +1500 tick");
    struct address client = person_address(PERSON_CLIENT, false), server = person_address(PERSON_SERVER, false);
    assert_int_equal(p.acts, 1);
    assert_true(address_equal(&p.act->attempt.key.client, &client));
    assert_true(address_equal(&p.act->attempt.key.server, &server));
    assert_int_equal(p.act->lookup.requests, 3);
    play_close(&p);
}

/* "ssh is slow": the name's share of it. */
static void how_long_a_name_took(void **state)
{
    static const struct {
        const char *script;
        uint32_t name_us;
    } timed[] = {
        {"?a.example +3000 ?a.example=0/1 +5 " LOGIN LEAVE, 3000000},
        {"?a.example +5000 ?a.example +20 ?a.example=0/1 +5 " LOGIN LEAVE, 5020000},
        {"?a.example +3000 ?a.example=0/1 +60000 " LOGIN LEAVE, 0}, /* that name was for something else */
        {"?a.example +3000 ?a.example=0/1 +2000 ?a.example +40 ?a.example=0/1 +5 " LOGIN LEAVE, 40000},
        {LOGIN LEAVE, 0},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof timed / sizeof *timed; i++) {
        struct play p;
        play_open_as(&p, false, 0, i % 2 ? PLAY_WHOLE : PLAY_QUICK);
        play_script(&p, timed[i / 2].script);
        play_end(&p);
        if (p.acts != 1 || p.act->attempt.name_us != timed[i / 2].name_us)
            fail_msg("%s: %u us", timed[i / 2].script, p.act->attempt.name_us);
        assert_int_equal(p.act->verdict.ssh.name_us, timed[i / 2].name_us ? (int64_t)timed[i / 2].name_us : -1);
        play_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookups_that_failed),           cmocka_unit_test(a_negative_answer_is_reported_soon_when_live),
        cmocka_unit_test(searches_that_nobody_answered), cmocka_unit_test(who_searched_for_whom),
        cmocka_unit_test(how_long_a_name_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
