/* A steady session leaves the same facts as one whose every frame is decoded whole, and so does one whose frames the
 * read-ahead thread classified: random sessions, with all that can befall them on their way, taken in each way and
 * compared field by field. */
#include "random_frames.h"
#include "script.h"

enum { SESSIONS = 500, STEPS = 400, SCRIPT = 16384 };

static struct dice dice;

/* What nearly always happens, to whom only the client talks, and what seldom happens. */
static const char *const usual[] = {">e76", "<e76", ">A", "<A", "+1", "+20", "<e1400", ">e1400", "<e36 >A", "+100us"};
static const char *const one_sided[] = {">e76", ">e1400", "<A", "+1", ">e1400 +1 <A"};
static const char *const odd[] = {
    "again",
    ">e76,back=76",
    "<e1400,back=1400",
    "<e76,tos=0x48",
    ">e76,tos=0x10",
    "<e76,ttl=61",
    ">e76,win=77",
    "<e76,mac=9",
    "<e76,ts=0",
    ">A,back=1",
    "+6000",
    "-5",
    "<e76,left=20",
    ">e1,back=1",
    "!3/4",
    "2>S +1 2<RA",
    "echo",
    "<e76,id=7",
    "<e9000",
    "2>S",
    "is",
    "<e76,skip=100 +1 >A +1 <e100,back=176",
    ">e76,skip=100 +1 <A +1 >e100,back=176",
    "tick",
    "<e76,skip=100 +1 <e76 +1 <e100,back=252 +1 <e76 <e76",
    ">e76,skip=30",
    "<e76,tos=0x10",
    "<R,seq=77",
    ">R +1 >e76 <e76",
    "<F +1 >A",
    "+70000",
};
static const char *const ends[] = {"<R", ">R", LEAVE, "<FA", ">FA +1 <e76", "<RA +1 <e76", ""};

#define ONE_OF(list) (list)[roll(&dice, sizeof(list) / sizeof *(list))]

static void make_script(char *script)
{
    size_t length = (size_t)snprintf(script, SCRIPT, "%s %s", roll(&dice, 3) ? "" : "v6", LOGIN);
    /* Some sessions are odd all along, others nearly never. */
    uint32_t calm = 2 + roll(&dice, 3) * roll(&dice, 60), only_client = roll(&dice, 3) == 0;
    for (int i = 0; i < STEPS && length < SCRIPT - 200; i++) {
        bool is_odd = i > STEPS / 2 && roll(&dice, calm * 4) == 0;
        const char *step = is_odd ? ONE_OF(odd) : only_client && i < STEPS * 3 / 4 ? ONE_OF(one_sided) : ONE_OF(usual);
        length += (size_t)snprintf(script + length, SCRIPT - length, "%s ", step);
    }
    snprintf(script + length, SCRIPT - length, "%s", ONE_OF(ends));
}

#define SAME(field) assert_int_equal((long long)a->field, (long long)b->field)

static void same_mark(const struct mark *a, const struct mark *b)
{
    SAME(ts_us), SAME(number), SAME(seq), SAME(ack), SAME(flow_label), SAME(interface), SAME(ip_id), SAME(window);
    SAME(bits), SAME(payload_len), SAME(mss), SAME(ttl), SAME(tos), SAME(flags);
    assert_memory_equal(a->mac, b->mac, sizeof a->mac);
}

static void same_side(const struct flow_side *a, const struct flow_side *b)
{
    SAME(first_payload_us), SAME(last_payload_us), SAME(last_us), SAME(payload_bytes), SAME(last_rst_us), SAME(isn);
    SAME(next), SAME(acked), SAME(packets), SAME(retransmissions), SAME(stalled_count), SAME(largest_acked);
    SAME(timed_us), SAME(timed_end), SAME(candidate_len), SAME(candidate_end), SAME(hole_bytes), SAME(rsts);
    SAME(keepalives), SAME(shrunk.number), SAME(isn_known), SAME(seen), SAME(payload_ttl_min), SAME(payload_ttl_max);
    same_mark(&a->first_payload, &b->first_payload);
    same_mark(&a->last, &b->last);
    same_mark(&a->fin, &b->fin);
    same_mark(&a->rst, &b->rst);
    same_mark(&a->rst_other, &b->rst_other);
    same_mark(&a->stalled, &b->stalled);
    same_mark(&a->beyond_gap, &b->beyond_gap);
    same_mark(&a->after_rst, &b->after_rst);
}

static void same_dialogue(const struct dialogue *a, const struct dialogue *b)
{
    SAME(events), SAME(refusal_number);
    for (int side = 0; side < 2; side++) {
        SAME(encrypted_packets[side]), SAME(encrypted_bytes[side]), SAME(encrypted[side]);
        SAME(clock.encrypted_us[side]), SAME(stream_len[side]);
    }
    assert_memory_equal(&a->clock, &b->clock, sizeof a->clock);
}

static void same_host(const struct host *a, const struct host *b)
{
    SAME(packets), SAME(macs_used), SAME(more_macs), SAME(own_packets), SAME(own_ttl_min), SAME(own_ttl_max);
    SAME(own_is_synack), SAME(rtt_us), SAME(rtt_number), SAME(rtt_samples), SAME(rtt_first_us), SAME(rtt_last_us),
        SAME(ack_rtt_us), SAME(marked_data);
    SAME(openssh_session_data), SAME(accepted), SAME(bannered), SAME(sessions), SAME(half_open);
    same_mark(&a->own, &b->own);
}

static void same_attempt(const struct attempt *a, const struct attempt *b)
{
    SAME(facts), SAME(last_us), SAME(packets), SAME(syns), SAME(last_syn_us), SAME(last_syn_number);
    const struct connection *c = a->answer ? a->answer->connection : NULL;
    const struct connection *d = b->answer ? b->answer->connection : NULL;
    assert_int_equal(c != NULL, d != NULL);
    if (!c || !d)
        return;
    assert_int_equal(c->closed_us, d->closed_us);
    same_mark(&c->handshake_ack, &d->handshake_ack);
    for (int side = 0; side < 2; side++)
        same_side(&c->side[side], &d->side[side]);
    assert_int_equal(c->dialogue != NULL, d->dialogue != NULL);
    if (c->dialogue && d->dialogue)
        same_dialogue(c->dialogue, d->dialogue);
}

static void same_act(const struct act *a, const struct act *b)
{
    SAME(when_us), SAME(capture.frames), SAME(capture.out_of_order), SAME(verdict.cause);
    same_attempt(&a->attempt, &b->attempt);
    same_host(&a->client, &b->client);
    same_host(&a->server, &b->server);
}

enum { WAYS = PLAY_CLASSIFIED + 1 };

static void play_all(struct play *play, const char *script, bool live, enum play_way way)
{
    play_open_as(play, live, 0, way);
    play_script(play, script);
    play_end(play);
}

static void same_play(const struct play *a, const struct play *b)
{
    assert_int_equal(a->acts, b->acts);
    for (size_t i = 0; i < a->acts; i++)
        same_act(&a->act[i], &b->act[i]);
}

struct counted {
    size_t quick, classified;
};

static void one_session(uint64_t seed, bool live, struct counted *counted)
{
    static struct play play[WAYS];
    static char script[SCRIPT];
    dice.state = seed;
    make_script(script);
    for (int way = 0; way < WAYS; way++)
        play_all(&play[way], script, live, (enum play_way)way);
    same_play(&play[PLAY_QUICK], &play[PLAY_WHOLE]);
    same_play(&play[PLAY_CLASSIFIED], &play[PLAY_WHOLE]);
    struct tracker_stats stats;
    tracker_stats(play[PLAY_QUICK].tracker, &stats);
    counted->quick += play[PLAY_QUICK].number - stats.decoded;
    counted->classified += play[PLAY_CLASSIFIED].classified;
    for (int way = 0; way < WAYS; way++)
        play_close(&play[way]);
}

static void many_sessions(bool live)
{
    struct counted counted = {0};
    for (uint64_t i = 0; i < SESSIONS; i++)
        one_session(i << 32, live, &counted);
    assert_true(counted.quick > SESSIONS * 20); /* else this test tests nothing */
    assert_true(counted.classified > SESSIONS * 20);
}

static void in_a_file(void **state)
{
    (void)state;
    many_sessions(false);
}

static void live(void **state)
{
    (void)state;
    many_sessions(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_a_file), cmocka_unit_test(live)};
    return cmocka_run_group_tests_name("steady", tests, NULL, NULL);
}
