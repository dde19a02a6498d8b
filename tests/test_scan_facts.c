/* What is recorded of those who only look: a SYN's options, traces, visits. */
#include "script.h"
#include "track/syn_shape.h"
#include "track/traces.h"

/* ---- A SYN's options ---- */

static struct syn_shape shape_of(const uint8_t *options, size_t size, size_t captured)
{
    static uint8_t header[60];
    struct syn_shape shape;
    memset(header, 0, sizeof header);
    header[12] = (uint8_t)((20 + size) / 4 << 4);
    memcpy(header + 20, options, size);
    const struct packet packet = {
        .tcp = {.header = header, .header_captured = (uint32_t)(20 + captured), .has_options = size > 0}};
    syn_shape_read(&shape, &packet);
    return shape;
}

static void options_in_their_order(void **state)
{
    static const uint8_t linux_syn[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
    static const uint8_t nops[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const uint8_t ended[] = {4, 2, 0, 2}, no_length[] = {2, 4, 5, 180, 3, 0, 4, 2}, beyond[] = {2, 40, 5, 180},
                         mptcp[] = {2, 4, 5, 180, 30, 4, 0, 1};
    (void)state;
    assert_true(shape_of(linux_syn, 20, 20).options == 0x24513);
    assert_true(shape_of(linux_syn, 20, 20).whole);
    assert_true(shape_of(linux_syn, 0, 0).options == 0 && shape_of(linux_syn, 0, 0).whole);
    assert_true(shape_of(linux_syn, 20, 8).options == 0x245 && !shape_of(linux_syn, 20, 8).whole);
    assert_true(shape_of(linux_syn, 20, 5).options == 0x24); /* the length itself is cut */
    assert_true(shape_of(nops, 40, 40).options == UINT64_C(0x1111111111111111));
    assert_true(shape_of(ended, 4, 4).options == 0x46);
    assert_true(shape_of(no_length, 8, 8).options == 0x23);
    assert_true(shape_of(beyond, 4, 4).options == 0x2);
    assert_true(shape_of(mptcp, 8, 8).options == 0x27);
}

static void time_stamps_that_are_full(void **state)
{
    struct play p;
    (void)state;
    play_file(&p, ">S,order=0x24513,stamp=0xffffffff +20 <RA 2>S,order=0x24513,stamp=0xfffffffe +20 2<RA");
    assert_int_equal(p.acts, 2);
    assert_true(p.act[0].attempt.shape.full_timestamp);
    assert_false(p.act[1].attempt.shape.full_timestamp);
    play_close(&p);
}

/* ---- Traces ---- */

static struct flow_key flow(uint8_t client, uint16_t server_port)
{
    const uint8_t from[4] = {10, 0, 0, client}, to[4] = {10, 0, 1, 1};
    return (struct flow_key){address_from_ipv4(from), address_from_ipv4(to), 40000, server_port};
}

static struct packet syn_of(uint8_t ttl, int64_t ts_us)
{
    static const uint8_t header[20] = {[12] = 0x50};
    return (struct packet){.ttl = ttl, .ts_us = ts_us, .tcp = {.header = header, .header_captured = 20}};
}

static bool note(struct traces *traces, uint8_t client, uint16_t port, uint8_t ttl, int64_t ms)
{
    const struct flow_key key = flow(client, port);
    const struct packet syn = syn_of(ttl, 1700000000000000 + ms * 1000);
    return traces_note(traces, &key, &syn);
}

static void one_ttl_after_another(void **state)
{
    static struct traces traces;
    (void)state;
    memset(&traces, 0, sizeof traces);
    traces_init(&traces, false);
    assert_false(traces_concern(&traces, 31));
    assert_true(traces_concern(&traces, SMALL_TTL));
    assert_false(note(&traces, 1, 22, 30, 0));
    assert_true(traces_concern(&traces, 64)); /* from now on */
    assert_false(note(&traces, 1, 22, 30, 1));
    assert_false(note(&traces, 1, 22, 31, 2)); /* one neighbour alone may be another way */
    assert_true(note(&traces, 1, 22, 32, 3));
    assert_true(note(&traces, 1, 22, 33, 4));
    assert_false(note(&traces, 1, 22, 64, 5)); /* its ssh, meanwhile */
    assert_false(note(&traces, 1, 22, 64, 6));
    assert_true(note(&traces, 1, 22, 29, 7));
}

static void each_trace_by_itself(void **state)
{
    static struct traces traces;
    (void)state;
    memset(&traces, 0, sizeof traces);
    traces_init(&traces, false);
    note(&traces, 1, 22, 5, 0);
    note(&traces, 1, 22, 6, 1);
    assert_false(note(&traces, 1, 222, 7, 2)); /* another port takes its place */
    note(&traces, 1, 22, 5, 3);
    note(&traces, 1, 22, 6, 4);
    assert_false(note(&traces, 1, 22, 7, 11000)); /* long after */
    assert_false(note(&traces, 2, 22, 60, 11001));
    assert_false(note(&traces, 2, 22, 61, 11002)); /* no trace begins so */
    assert_false(note(&traces, 2, 22, 62, 11003));
    assert_false(note(&traces, 1, 22, 0, 11004));
    assert_false(note(&traces, 1, 22, 255, 11005));
}

/* However many trace, the table stays as large, and is right of the last one. */
static void many_traces(void **state)
{
    static struct traces traces;
    (void)state;
    memset(&traces, 0, sizeof traces);
    traces_init(&traces, false);
    for (int i = 0; i < 100000; i++) {
        const struct flow_key key = flow((uint8_t)i, (uint16_t)(i >> 8));
        for (uint8_t ttl = 1; ttl < 4; ttl++) {
            const struct packet syn = syn_of(ttl, i);
            assert_int_equal(traces_note(&traces, &key, &syn), ttl == 3);
        }
    }
}

/* Kept as a compact record or whole: the SYN of a trace is known as one, and one of ssh on the same machine is not. */
static void traces_on_the_quick_path(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        struct play p;
        play_open_as(&p, false, 0, whole ? PLAY_WHOLE : PLAY_QUICK);
        play_script(&p, "2>S,ttl=29 3>S,ttl=30 >S,ttl=31,order=0x24513 4>S,ttl=64,order=0x24513 +20 4<RA +20 <RA");
        play_end(&p);
        assert_int_equal(p.acts, 4);
        for (size_t i = 0; i < p.acts; i++)
            assert_int_equal((p.act[i].attempt.facts & FACT_TRACE) == 0, p.act[i].attempt.key.client_port == 40004);
        play_close(&p);
    }
}

/* A tool's SYN with a full TTL, before or after those with small ones. A kernel's own is nobody's tool's, although mtr
 * has it send the trace's. */
static const struct tool_case {
    const char *script;
    bool of_tool;
} tools[] = {
    {">S,order=2 +20 <RA 2>S,order=2,ttl=5 +1 !11/0,from=4", true},
    {"2>S,order=2,ttl=5 >S,order=2 +20 <RA", true},
    {"v6 >S,order=2 +20 <RA 2>S,order=2,ttl=5 +1 !3/0,from=4", true},
    {">S,order=2 +20 <SA >A +1 <'SSH-2.0-x\r\n' 2>S,order=2,ttl=5", true},
    {">S,order=2,win=4128 +20 <RA 2>S,order=2,ttl=5", false},
    {">S,order=0x24513 +20 <RA 2>S,order=0x24513,ttl=5", false},
    {">S,order=0x24513 +20 <RA 2>S,order=2,ttl=5", false},
    {">S,order=2 +20 <RA 2>S,order=2,ttl=5,port=2222", false},
    {">S,order=2 +20 <RA 6>S,order=2,ttl=5", false},
    {">S,order=2 +20 <RA +20000 2>S,order=2,ttl=5", false},
    {"2>S,order=2,ttl=5 +20000 >S,order=2 +20 <RA", false},
};

static void a_tool_is_known_by_its_syns(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof tools / sizeof *tools; i++) {
        struct play p;
        play_open_as(&p, false, 0, i % 2 ? PLAY_WHOLE : PLAY_QUICK);
        play_script(&p, tools[i / 2].script);
        play_end(&p);
        for (size_t a = 0; a < p.acts; a++)
            if (p.act[a].attempt.key.client_port == 40001 &&
                ((p.act[a].attempt.facts & FACT_TRACE) != 0) != tools[i / 2].of_tool)
                fail_msg("%s", tools[i / 2].script);
        assert_int_equal(p.acts, 2);
        play_close(&p);
    }
}

/* ---- Visits ---- */

#define GREET  SHAKE HELLO_C "+20 " HELLO_S
#define LEAVES "+5 >FA +1 <FA +1 >A "

/* Of `script`'s last attempt: how often its client came for the banner, how many left before one could come. */
static const struct visit_case {
    const char *script;
    uint32_t banner_visits, left_early;
} visits[] = {
    {GREET LEAVES, 1, 0},
    {"@2 " GREET LEAVES "@3 " GREET LEAVES "@1 " GREET LEAVES, 3, 0},
    {"v6 @2 " GREET LEAVES "@1 " GREET LEAVES, 2, 0},
    {GREET "+5 >R", 1, 0},
    {GREET "+5 <FA >FA", 0, 0},                           /* the server left first */
    {GREET ">kexinit +20 <kexinit " LEAVES, 0, 0},        /* it wanted more */
    {SHAKE HELLO_C "+20 <'SSH-1.5-x\r\n' " LEAVES, 0, 0}, /* it could not go on */
    {SHAKE "+20 " HELLO_S LEAVES, 0, 0},                  /* without a version of its own */
    {SHAKE "+5 >FA +1 <FA", 0, 1},
    {SHAKE HELLO_C "+5 >FA +1 <FA", 0, 1},
    {SHAKE "+5000 >FA +1 <FA", 0, 0}, /* it waited */
    {SHAKE "+5 <FA +1 >FA", 0, 0},
    {">S +20 <SA +1 >R", 0, 0}, /* never accepted */
};

static void visits_are_counted_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof visits / sizeof *visits; i++) {
        const struct visit_case *wanted = &visits[i / 2];
        struct play p;
        play_open(&p, i % 2);
        play_script(&p, wanted->script);
        play_script(&p, "+400 tick");
        play_end(&p);
        assert_true(p.acts > 0);
        const struct act *last = &p.act[p.acts - 1];
        if (last->client.banner_visits != wanted->banner_visits || last->server.left_early != wanted->left_early)
            fail_msg("%s: %u visits, %u left early", wanted->script, (unsigned)last->client.banner_visits,
                     (unsigned)last->server.left_early);
        play_close(&p);
    }
}

/* In a file all three are known when the first is judged; live, the third is. */
static void the_third_visit_tells(void **state)
{
    static const char three[] =
        "@2 " GREET LEAVES "+400 tick @3 " GREET LEAVES "+400 tick @1 " GREET LEAVES "+400 tick";
    (void)state;
    for (int live = 0; live < 2; live++) {
        struct play p;
        play_open(&p, live);
        play_script(&p, three);
        play_end(&p);
        assert_int_equal(p.acts, 3);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(p.act[i].verdict.cause, live && i < 2 ? CAUSE_CLIENT_ABORT : CAUSE_SCAN);
        play_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_in_their_order),
        cmocka_unit_test(time_stamps_that_are_full),
        cmocka_unit_test(one_ttl_after_another),
        cmocka_unit_test(each_trace_by_itself),
        cmocka_unit_test(many_traces),
        cmocka_unit_test(traces_on_the_quick_path),
        cmocka_unit_test(a_tool_is_known_by_its_syns),
        cmocka_unit_test(visits_are_counted_once),
        cmocka_unit_test(the_third_visit_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
