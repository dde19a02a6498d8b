/* A cached verdict is the one that would have been computed.
 *
 * Refused attempts and lone SYNs that differ in any bit of their headers, and every capture of pcaps/, are judged with
 * the cache and without it, as a file and live, and the verdicts compared one by one. Fields that the key leaves out
 * are changed by themselves, and no row may mind. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "random_frames.h"
#include "run/verdict_cache.h"

#define SOURCE "refusals.pcap"

enum { ATTEMPTS = 20000, ETHERNET = 14, FRAME = ETHERNET + 40 + 20 + 20 };

/* Mostly the usual one, 0, so that there are many that differ in a single field. */
static uint32_t rarely(struct dice *dice, uint32_t choices)
{
    return roll(dice, 6) ? 0 : roll(dice, choices);
}

struct segment {
    uint8_t bytes[FRAME];
    uint32_t size;
    bool ipv6;
};

static uint8_t *tcp_of(struct segment *s)
{
    return s->bytes + 14 + (s->ipv6 ? 40 : 20);
}

static uint32_t sum_words(const uint8_t *at, size_t len, uint32_t sum)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)(at[i] << 8 | at[i + 1]);
    return sum;
}

static uint32_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* 0: whole, 1: left to the card, 2: wrong */
static void put_sum(struct segment *s, uint32_t kind)
{
    uint8_t *tcp = tcp_of(s);
    uint32_t pseudo = s->ipv6 ? sum_words(s->bytes + 14 + 8, 32, 0) : sum_words(s->bytes + 14 + 12, 8, 0);
    pseudo += 6 + 20;
    put16(tcp + 16, 0);
    uint32_t whole = ~folded(sum_words(tcp, 20, pseudo)) & 0xffff;
    put16(tcp + 16, kind == 0 ? whole : kind == 1 ? folded(pseudo) : (whole ^ 0x5555));
}

static void put_addresses(struct segment *s, uint32_t src, uint32_t dst)
{
    uint8_t *ip = s->bytes + 14;
    put32(ip + (s->ipv6 ? 8 : 12), src);
    put32(ip + (s->ipv6 ? 24 : 16), dst);
}

static uint32_t load_number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void begin(struct segment *s, bool ipv6, uint8_t tos, uint8_t ttl, uint32_t label)
{
    memset(s, 0, sizeof *s);
    s->ipv6 = ipv6;
    s->size = 14 + (ipv6 ? 40 : 20) + 20;
    put16(s->bytes + 12, ipv6 ? 0x86dd : 0x0800);
    uint8_t *ip = s->bytes + 14;
    if (ipv6) {
        put32(ip, 0x60000000u | (uint32_t)tos << 20 | label);
        put16(ip + 4, 20);
        ip[6] = 6;
        ip[7] = ttl;
    } else {
        ip[0] = 0x45;
        ip[1] = tos;
        put16(ip + 2, 40);
        ip[8] = ttl;
        ip[9] = 6;
    }
    tcp_of(s)[12] = 0x50;
}

/* What was found of one attempt. */
struct found {
    struct flow_key key;
    int64_t first_us;
    enum cause cause;
};

/* One way through a capture. */
struct way {
    bool cached, live;
    struct tracker *tracker;
    struct verdict_cache cache;
    struct verdict verdict;
    struct attempt_summary summary; /* of the attempt being handed over */
    struct found *found;
    size_t count, room;
    FILE *nowhere;
    struct report *report; /* of which the templates are */
    size_t recalled;
};

static void note(struct way *way, const struct flow_key *key, int64_t first_us, enum cause cause)
{
    if (way->count == way->room) {
        way->room = way->room ? way->room * 2 : 64;
        way->found = realloc(way->found, way->room * sizeof *way->found);
        assert_non_null(way->found);
    }
    way->found[way->count++] = (struct found){*key, first_us, cause};
}

static enum cache_answer on_evidence_key(void *context, const struct evidence_key *key,
                                         const struct attempt_summary *summary)
{
    struct way *way = context;
    const struct cached_verdict *known = verdict_cache_find(&way->cache, key);
    way->summary = *summary;
    if (!known)
        return CACHE_UNKNOWN;
    way->recalled++;
    note(way, &summary->key, summary->first_us, known->cause);
    return CACHE_KNOWN;
}

static void on_case(void *context, const struct case_file *file)
{
    struct way *way = context;
    const struct attempt *a = file->attempt;
    diagnose(file, &way->verdict);
    note(way, &a->key, a->lookup ? a->lookup->first_us : a->syn.ts_us, way->verdict.cause);
    if (way->cached && file->evidence_key)
        verdict_cache_add(&way->cache, file, &way->verdict, way->report, SOURCE);
}

static struct port_set ports;

static void open_way(struct way *way, bool cached, bool live)
{
    memset(way, 0, sizeof *way);
    way->cached = cached;
    way->live = live;
    struct tracker_options options = {.ports = &ports, .live = live, .known = cached ? on_evidence_key : NULL};
    way->tracker = tracker_new(&options, on_case, way);
    way->nowhere = fopen("/dev/null", "w");
    way->report = report_new(&(struct report_options){.format = report_format_named("json"), .out = way->nowhere});
    assert_non_null(way->tracker);
    assert_non_null(way->report);
}

static void take(struct way *way, const struct frame *frame)
{
    tracker_frames(way->tracker, frame, 1);
    if (way->live)
        tracker_advance(way->tracker, frame->ts_us);
}

static void close_way(struct way *way)
{
    tracker_finish(way->tracker, false);
    tracker_free(way->tracker);
    if (!way->report)
        return;
    report_close(way->report);
    fclose(way->nowhere);
}

static int by_attempt(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    if (a->first_us != b->first_us)
        return a->first_us < b->first_us ? -1 : 1;
    int order = memcmp(&a->key.client, &b->key.client, sizeof a->key.client);
    order = order ? order : memcmp(&a->key.server, &b->key.server, sizeof a->key.server);
    return order ? order : a->key.client_port - b->key.client_port;
}

/* Both ways found the same attempts, and the same of each; lets go of what they found. */
static void assert_same(struct way *one, struct way *other, const char *what)
{
    if (one->count != other->count)
        fail_msg("%s: %zu attempts, and %zu with the cache", what, one->count, other->count);
    if (one->count) {
        qsort(one->found, one->count, sizeof *one->found, by_attempt);
        qsort(other->found, other->count, sizeof *other->found, by_attempt);
    }
    for (size_t i = 0; i < one->count; i++)
        if (one->found[i].cause != other->found[i].cause)
            fail_msg("%s: port %u: %s, and %s from the cache", what, one->found[i].key.client_port,
                     cause_name(one->found[i].cause), cause_name(other->found[i].cause));
    free(one->found);
    free(other->found);
}

/* ---- Random refusals ---- */

/* Every field that a rule may read: mostly the usual value, for attempts that differ in one field alone. */
static void make_attempt(struct dice *dice, struct segment *syn, struct segment *rst)
{
    static const uint8_t tos[] = {0, 0x10, 0x48, 1}, ttl[] = {64, 63, 128, 255, 61};
    bool ipv6 = roll(dice, 3) == 0;
    uint32_t client = roll(dice, UINT32_MAX), server = roll(dice, UINT32_MAX), seq = roll(dice, UINT32_MAX);
    uint16_t port = (uint16_t)(1024 + roll(dice, 60000));
    uint32_t syn_id = rarely(dice, 2) * 0x1234;
    begin(syn, ipv6, tos[rarely(dice, 4)], ttl[rarely(dice, 5)], rarely(dice, 2));
    begin(rst, ipv6, tos[rarely(dice, 4)], ttl[rarely(dice, 5)], rarely(dice, 2));
    put_addresses(syn, client, server);
    put_addresses(rst, server, client);
    if (!ipv6) {
        put16(syn->bytes + 18, syn_id);
        put16(rst->bytes + 18, roll(dice, 2) ? syn_id : rarely(dice, 2) * 77);
        put16(rst->bytes + 20, rarely(dice, 2) ? 0 : 0x4000);
    }
    syn->bytes[6] = rst->bytes[6] = (uint8_t)(rarely(dice, 2) ? 0 : 2);
    uint8_t *tcp = tcp_of(syn);
    put16(tcp, port);
    put16(tcp + 2, 22);
    put32(tcp + 4, seq);
    tcp[13] = TCP_SYN;
    put16(tcp + 14, rarely(dice, 2) ? 1024 : 64240);
    tcp = tcp_of(rst);
    put16(tcp, 22);
    put16(tcp + 2, port);
    put32(tcp + 4, rarely(dice, 2) * 99);
    put32(tcp + 8, seq + 1);
    tcp[13] = (uint8_t)(TCP_RST | TCP_ACK | (rarely(dice, 2) ? TCP_PSH : 0));
    put16(tcp + 14, rarely(dice, 2) * 1024);
}

/* One bit of either header turned, wherever it is; now and then. */
static void turn_a_bit(struct dice *dice, struct segment *s)
{
    if (roll(dice, 4) == 0)
        s->bytes[ETHERNET + roll(dice, s->size - ETHERNET)] ^= (uint8_t)(1u << roll(dice, 8));
}

struct clock {
    int64_t ts_us;
    uint64_t number;
};

static struct frame frame_of(const struct segment *s, struct clock *clock)
{
    return (struct frame){.data = s->bytes,
                          .caplen = s->size,
                          .len = s->size,
                          .ts_us = clock->ts_us,
                          .number = ++clock->number,
                          .linktype = 1};
}

/* The same attempt to each way. */
static void one_attempt(struct way *ways[], size_t count, struct dice *dice, struct clock *clock)
{
    struct segment syn, rst;
    make_attempt(dice, &syn, &rst);
    put_sum(&syn, rarely(dice, 3));
    put_sum(&rst, rarely(dice, 3));
    turn_a_bit(dice, &syn);
    turn_a_bit(dice, &rst);
    const bool again = rarely(dice, 2), refused = rarely(dice, 2) == 0;
    const int64_t delay_us = rarely(dice, 2) ? roll(dice, 4000000) : 100;
    clock->ts_us += 100;
    struct frame frame[3];
    size_t frames = 0;
    frame[frames++] = frame_of(&syn, clock);
    if (again) {
        clock->ts_us += 1000000;
        frame[frames++] = frame_of(&syn, clock);
    }
    if (refused) {
        clock->ts_us += delay_us;
        frame[frames++] = frame_of(&rst, clock);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < frames; f++)
            take(ways[i], &frame[f]);
}

static void refusals_have_their_verdict(bool live)
{
    static struct way plain, cached;
    struct way *ways[] = {&plain, &cached};
    struct dice dice = {1};
    struct clock clock = {.ts_us = 1700000000000000};
    open_way(&plain, false, live);
    open_way(&cached, true, live);
    for (int i = 0; i < ATTEMPTS; i++)
        one_attempt(ways, 2, &dice, &clock);
    close_way(&plain);
    close_way(&cached);
    assert_in_range(cached.recalled, ATTEMPTS / 8, ATTEMPTS); /* or nothing was tested */
    assert_same(&plain, &cached, live ? "refusals, live" : "refusals, from a file");
}

static void refusals_of_a_file(void **state)
{
    (void)state;
    refusals_have_their_verdict(false);
}

static void refusals_live(void **state)
{
    (void)state;
    refusals_have_their_verdict(true);
}

/* ---- Captures ---- */

static void read_capture(struct way *way, const char *path)
{
    char error[SOURCE_ERROR_SIZE];
    struct frame frame;
    struct source *source = source_open_file(path, NULL, error);
    if (!source)
        fail_msg("%s", error);
    while (source_next(source, &frame) == SOURCE_FRAME)
        take(way, &frame);
    source_close(source);
    close_way(way);
}

static void captures_have_their_verdicts(void **state)
{
    static struct way plain, cached;
    (void)state;
    DIR *folder = opendir("pcaps");
    assert_non_null(folder);
    size_t captures = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[300];
        if (!strstr(entry->d_name, ".pcap"))
            continue;
        snprintf(path, sizeof path, "pcaps/%s", entry->d_name);
        for (int live = 0; live < 2; live++) {
            open_way(&plain, false, live);
            open_way(&cached, true, live);
            read_capture(&plain, path);
            read_capture(&cached, path);
            assert_same(&plain, &cached, path);
        }
        captures++;
    }
    closedir(folder);
    assert_true(captures > 700);
}

/* ---- What the key leaves out ---- */

/* What was found of one attempt, by which rows. */
struct judged {
    bool has_key;
    struct evidence_key key;
    struct verdict verdict;
};

static void judge(void *context, const struct case_file *file)
{
    struct judged *judged = context;
    judged->has_key = file->evidence_key;
    if (file->evidence_key)
        judged->key = *file->evidence_key;
    diagnose(file, &judged->verdict);
}

static enum cache_answer never_known(void *context, const struct evidence_key *key,
                                     const struct attempt_summary *summary)
{
    (void)context;
    (void)key;
    (void)summary;
    return CACHE_UNKNOWN;
}

static void judge_attempt(struct segment *syn, struct segment *rst, struct clock clock, int64_t delay_us,
                          struct judged *out)
{
    struct way way = {.live = false};
    struct tracker_options options = {.ports = &ports, .known = never_known};
    way.tracker = tracker_new(&options, judge, out);
    struct frame frame = frame_of(syn, &clock);
    take(&way, &frame);
    clock.ts_us += delay_us;
    frame = frame_of(rst, &clock);
    take(&way, &frame);
    close_way(&way);
}

/* Other addresses, numbers, client port and times: all that differs from one attempt to the next. */
static void change_what_passes(struct dice *dice, struct segment *syn, struct segment *rst)
{
    uint32_t client = roll(dice, UINT32_MAX), server = roll(dice, UINT32_MAX), moved = roll(dice, UINT32_MAX);
    uint16_t port = (uint16_t)(1024 + roll(dice, 60000));
    put_addresses(syn, client, server);
    put_addresses(rst, server, client);
    for (int i = 1; i < 6; i++)
        syn->bytes[i] ^= (uint8_t)roll(dice, 256); /* the server's MAC address, or a router's */
    uint8_t *tcp = tcp_of(syn), *back = tcp_of(rst);
    put32(tcp + 4, load_number(tcp + 4) + moved);
    put32(back + 8, load_number(back + 8) + moved);
    if (load_number(back + 4))
        put32(back + 4, 1 + roll(dice, UINT32_MAX - 1));
    put16(tcp, port);
    put16(back + 2, port);
    uint16_t id = (uint16_t)(1 + roll(dice, 30000));
    if (!syn->ipv6 && (syn->bytes[18] | syn->bytes[19])) {
        bool same = memcmp(syn->bytes + 18, rst->bytes + 18, 2) == 0;
        put16(syn->bytes + 18, id);
        if (same)
            put16(rst->bytes + 18, id);
    }
}

static void assert_same_verdict(const struct verdict *a, const struct verdict *b)
{
    assert_int_equal(a->cause, b->cause);
    assert_int_equal(a->where, b->where);
    assert_true(a->confidence == b->confidence && a->where_confidence == b->where_confidence);
    assert_int_equal(a->evidence_count, b->evidence_count);
    for (int i = 0; i < a->evidence_count; i++) {
        assert_string_equal(a->evidence[i].id, b->evidence[i].id);
        assert_true(a->evidence[i].weight == b->evidence[i].weight);
    }
}

static void no_row_reads_what_the_key_leaves_out(void **state)
{
    static struct judged one, other;
    struct dice dice = {7};
    size_t compared = 0;
    (void)state;
    for (int i = 0; i < ATTEMPTS / 4; i++) {
        struct segment syn, rst;
        make_attempt(&dice, &syn, &rst);
        uint32_t sums[] = {rarely(&dice, 3), rarely(&dice, 3)};
        put_sum(&syn, sums[0]);
        put_sum(&rst, sums[1]);
        int64_t delay_us = roll(&dice, 14000);
        one.has_key = other.has_key = false;
        judge_attempt(&syn, &rst, (struct clock){.ts_us = 1700000000000000}, delay_us, &one);
        change_what_passes(&dice, &syn, &rst);
        put_sum(&syn, sums[0]);
        put_sum(&rst, sums[1]);
        judge_attempt(&syn, &rst, (struct clock){.ts_us = 1600000000000000, .number = 1000}, roll(&dice, 14000),
                      &other);
        assert_int_equal(one.has_key, other.has_key);
        if (!one.has_key)
            continue;
        compared++;
        assert_int_equal(one.key.count, other.key.count);
        assert_memory_equal(one.key.word, other.key.word, one.key.count * sizeof *one.key.word);
        assert_same_verdict(&one.verdict, &other.verdict);
    }
    assert_true(compared > ATTEMPTS / 16);
}

/* ---- What is written of a cached verdict ---- */

static size_t written;

/* Never known, so that each is judged as well. */
static enum cache_answer keep_summary(void *context, const struct evidence_key *key,
                                      const struct attempt_summary *summary)
{
    struct way *way = context;
    (void)key;
    way->summary = *summary;
    return CACHE_UNKNOWN;
}

/* The two ways to the same line. */
static void compare_lines(const struct way *way, const struct case_file *file, const struct line_template *template)
{
    char *text[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        FILE *out = open_memstream(&text[i], &size[i]);
        struct report *report = report_new(&(struct report_options){.format = report_format_named("json"), .out = out});
        if (i == 0)
            report_verdict(report, file, &way->verdict, SOURCE);
        else
            report_from_template(report, template, &way->summary, way->verdict.cause);
        report_close(report);
        fclose(out);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

static void write_both(void *context, const struct case_file *file)
{
    struct way *way = context;
    diagnose(file, &way->verdict);
    if (!file->evidence_key)
        return;
    const struct cached_verdict *known = verdict_cache_find(&way->cache, file->evidence_key);
    if (known && known->has_template) {
        written++;
        compare_lines(way, file, &known->template);
    }
    verdict_cache_add(&way->cache, file, &way->verdict, way->report, SOURCE);
}

static void a_line_from_a_template_is_the_same(void **state)
{
    static struct way way;
    struct way *ways[] = {&way};
    struct dice dice = {3};
    struct clock clock = {.ts_us = 1700000000000000};
    (void)state;
    open_way(&way, false, false);
    tracker_free(way.tracker);
    way.tracker = tracker_new(&(struct tracker_options){.ports = &ports, .known = keep_summary}, write_both, &way);
    for (int i = 0; i < ATTEMPTS; i++)
        one_attempt(ways, 1, &dice, &clock);
    close_way(&way);
    assert_in_range(written, ATTEMPTS / 20, ATTEMPTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_of_a_file),
        cmocka_unit_test(refusals_live),
        cmocka_unit_test(captures_have_their_verdicts),
        cmocka_unit_test(no_row_reads_what_the_key_leaves_out),
        cmocka_unit_test(a_line_from_a_template_is_the_same),
    };
    if (!port_set_parse(&ports, "22"))
        return 2;
    return cmocka_run_group_tests_name("verdict_cache", tests, NULL, NULL);
}
