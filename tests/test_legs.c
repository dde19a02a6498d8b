/* One connection with two four-tuples is one attempt; and whose addresses are the capturing machine's. */
#include "script.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A router passes on what comes in for another, with its own MAC address (mac=4) and a TTL one less. */
#define SYN_ON   ">S +40us >S,mac=4,ttl=63 "
#define DNAT     ">S,to=4,port=2222 +40us >S,mac=4,ttl=63,port=22 "
#define SNAT     ">S +40us >S,mac=4,ttl=63,from=4 "
#define BOTH     ">S,to=4,port=2222 +40us >S,mac=4,ttl=63,from=4,port=22 "
#define REPEATED "+1000 >S +40us >S,mac=4,ttl=63,from=4 +3000 tick"

struct leg_case {
    const char *script;
    size_t attempts;
    unsigned legs; /* beside the first, of the first attempt */
    enum person server;
    enum vantage vantage;
};

static const struct leg_case cases[] = {
    /* Passed on unchanged: no other four-tuple. */
    {"routed " SYN_ON "+1000 " SYN_ON "+3000 tick", 1, 0, PERSON_SERVER, VANTAGE_BETWEEN},
    {"routed " SNAT REPEATED, 1, 1, PERSON_SERVER, VANTAGE_BETWEEN},
    {"v6 routed " SNAT REPEATED, 1, 1, PERSON_SERVER, VANTAGE_BETWEEN},
    {"routed " DNAT "+1000 >S,to=4,port=2222 +3000 tick", 1, 1, PERSON_ROUTER, VANTAGE_BETWEEN},
    {"v6 routed " DNAT "+1000 >S,to=4,port=2222 +3000 tick", 1, 1, PERSON_ROUTER, VANTAGE_BETWEEN},
    {"routed " BOTH "+1000 >S,to=4,port=2222 +3000 tick", 1, 1, PERSON_ROUTER, VANTAGE_BETWEEN},
    /* The SYN waits for the neighbour's MAC address. */
    {"routed >S +5 seek +40 >S,mac=4,ttl=63,from=4 " REPEATED, 1, 1, PERSON_SERVER, VANTAGE_BETWEEN},
    /* No directions, as a port of a switch shows it: the TTL and the time stamp. */
    {SNAT REPEATED, 1, 1, PERSON_SERVER, VANTAGE_BETWEEN},
    {"v6 " SNAT REPEATED, 1, 1, PERSON_SERVER, VANTAGE_BETWEEN},
    /* Where that does not tell, they are two. */
    {">S,ts=0 +40us >S,ttl=63,from=4,ts=0 +1000 >S,ts=0 +3000 tick", 2, 0, PERSON_SERVER, VANTAGE_CLIENT},
    {">S +40us >S,from=4 +1000 >S +3000 tick", 2, 0, PERSON_SERVER, VANTAGE_CLIENT},
    /* Another IP ID: no machine passed that on. */
    {"routed >S +40us >S,mac=4,ttl=63,from=4,id=99 +1000 >S +3000 tick", 2, 0, PERSON_SERVER, VANTAGE_BETWEEN},
    /* Too late. */
    {"routed >S +700 >S,mac=4,ttl=63,from=4 +1000 >S +3000 tick", 2, 0, PERSON_SERVER, VANTAGE_BETWEEN},
};

static void one_attempt_with_its_legs(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (enum play_way way = PLAY_QUICK; way <= PLAY_CLASSIFIED; way++) {
            const struct leg_case *c = &cases[i];
            struct play p;
            play_open_as(&p, false, 0, way);
            play_script(&p, c->script);
            play_end(&p);
            const struct act *act = p.act;
            const struct address server = person_address(c->server, p.ipv6);
            if (p.acts != c->attempts || act->file.leg_count != c->legs || act->verdict.vantage != c->vantage ||
                !address_equal(&act->attempt.key.server, &server)) {
                print_error("%s\n    way %d: %zu attempts, %u legs, vantage %s\n", c->script, way, p.acts,
                            act->file.leg_count, vantage_name(act->verdict.vantage));
                wrong++;
            }
            play_close(&p);
        }
    assert_int_equal(wrong, 0);
}

/* What a leg is refused with is the attempt's own refusal, once. */
static void a_refusal_behind_translation(void **state)
{
    (void)state;
    struct play p;
    play_file(&p, "routed >S,tos=0x10 +40us >S,mac=4,ttl=63,from=4,tos=0x10 +10 <RA,to=4,tos=0x10 +40us "
                  "<RA,mac=4,ttl=62,tos=0x10");
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->verdict.cause, CAUSE_KERNEL_RST);
    assert_int_equal(p.act->verdict.where, WHERE_HOST);
    assert_int_equal(p.act->answer.refusals, 1);
    play_close(&p);
}

/* The ports are used anew by a connection of which no first leg is seen: that is an attempt. */
static void a_leg_is_no_leg_for_ever(void **state)
{
    (void)state;
    struct play p;
    play_file(&p, "routed " SNAT "+5 <RA,to=4 +40us <RA,mac=4,ttl=62 +60000 >S,from=4,mac=4,ttl=63,seq=77 +1000 "
                  ">S,from=4,mac=4,ttl=63,seq=77 +3000 tick");
    assert_int_equal(p.acts, 2);
    play_close(&p);
}

/* A scan's SYNs for many ports have one sequence number. */
static void a_scan_is_not_one_connection(void **state)
{
    (void)state;
    struct play p;
    play_file(&p, "routed >S,id=1,ts=0 +40us >S,mac=4,ttl=63,id=1,ts=0 2>S,seq=1000000,id=2,ts=0,port=2222 +40us "
                  "2>S,seq=1000000,mac=4,ttl=63,id=2,ts=0,port=2222 3>S,seq=1000000,id=2,ts=0,port=8022 +40us "
                  "3>S,seq=1000000,mac=4,ttl=63,id=2,ts=0,port=8022");
    assert_int_equal(p.acts, 3);
    for (size_t i = 0; i < p.acts; i++)
        assert_int_equal(p.act[i].file.leg_count, 0);
    play_close(&p);
}

/* ---- Whose addresses ---- */

struct place_case {
    const char *script;
    enum vantage vantage;
    enum where where;
};

#define SILENT ">S +1000 >S +3000 tick"
/* A connection of another client to another port of the server, that the router passes on. */
#define WEB_ON "6>S,port=80 +40us 6>S,port=80,mac=4,ttl=63 +5 6<SA,port=40006 +40us 6<SA,port=40006,mac=4,ttl=62 "

static const struct place_case places[] = {
    /* Nothing else is seen: either. */
    {"routed " SILENT, VANTAGE_UNKNOWN, WHERE_UNKNOWN},
    {"v6 routed " SILENT, VANTAGE_UNKNOWN, WHERE_UNKNOWN},
    /* It asks for the server, so it is not the server. */
    {"routed seek " SILENT, VANTAGE_BETWEEN, WHERE_PATH},
    {"v6 routed seek " SILENT, VANTAGE_BETWEEN, WHERE_PATH},
    {"routed " SILENT " seek", VANTAGE_BETWEEN, WHERE_PATH},
    /* Others' packets for the same server pass. */
    {"routed " WEB_ON SILENT, VANTAGE_BETWEEN, WHERE_PATH},
    /* It rejects another of its SYNs in its own name. */
    {"routed 2>S,port=8022 +1 2!3/13,from=4,ttl=64 " SILENT, VANTAGE_BETWEEN, WHERE_PATH},
    /* The server itself: it answers whoever asks for its MAC address, or speaks from there. */
    {"served who is " SILENT, VANTAGE_SERVER, WHERE_HOST},
    {"v6 served who is " SILENT, VANTAGE_SERVER, WHERE_HOST},
    {"served 2>S,port=80 +1 2<SA,ttl=64 2>A " SILENT, VANTAGE_SERVER, WHERE_HOST},
    {"served 2>S,port=8022 +1 2!3/13,ttl=64 " SILENT, VANTAGE_SERVER, WHERE_HOST},
    /* A RST in a server's name shows nothing of whose it is. */
    {"served 2>S,port=8022 +1 2<RA,ttl=64 " SILENT, VANTAGE_UNKNOWN, WHERE_UNKNOWN},
    /* Passed on: lost beyond. */
    {"routed " SYN_ON "+1000 " SYN_ON "+3000 tick", VANTAGE_BETWEEN, WHERE_UNKNOWN},
    /* One interface alone of a router (PPP): the SYN leaves, but did not begin here. */
    {"cooked >S,ttl=63 +1000 >S,ttl=63 +3000 tick", VANTAGE_BETWEEN, WHERE_UNKNOWN},
    {"cooked >S +1000 >S +3000 tick", VANTAGE_CLIENT, WHERE_UNKNOWN},
};

static void whose_addresses(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT(places); i++) {
        struct play p;
        play_file(&p, places[i].script);
        const struct act *act = NULL;
        for (size_t k = 0; k < p.acts; k++)
            if (p.act[k].attempt.key.client_port == 40001)
                act = &p.act[k];
        assert_non_null(act);
        if (act->verdict.vantage != places[i].vantage || act->verdict.where != places[i].where ||
            act->verdict.cause != CAUSE_SILENT_DROP) {
            print_error("%s\n    vantage %s, where %s, %s\n", places[i].script, vantage_name(act->verdict.vantage),
                        where_name(act->verdict.where), cause_name(act->verdict.cause));
            wrong++;
        }
        play_close(&p);
    }
    assert_int_equal(wrong, 0);
}

/* However many others are heard of, a machine's own addresses are kept. */
static void a_flood_does_not_wash_away_its_own(void **state)
{
    (void)state;
    struct play p;
    play_open(&p, false);
    play_script(&p, "served who is");
    struct segment s = {.from = PERSON_OTHER, .to = PERSON_SERVER, .ttl = 50, .flags = TCP_ACK, .dst_port = 80};
    for (unsigned i = 0; i < 20000; i++) {
        struct frame_bytes frame;
        build_segment(&frame, &s);
        frame.data[14 + 13] = (uint8_t)(100 + (i >> 16)); /* another source address each time */
        frame.data[14 + 14] = (uint8_t)(i >> 8);
        frame.data[14 + 15] = (uint8_t)i;
        play_frame(&p, &frame);
    }
    play_script(&p, SILENT);
    play_end(&p);
    assert_int_equal(p.acts, 1);
    assert_int_equal(p.act->verdict.where, WHERE_HOST);
    play_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_attempt_with_its_legs), cmocka_unit_test(a_refusal_behind_translation),
        cmocka_unit_test(a_leg_is_no_leg_for_ever),  cmocka_unit_test(a_scan_is_not_one_connection),
        cmocka_unit_test(whose_addresses),           cmocka_unit_test(a_flood_does_not_wash_away_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
