/* What is cached_verdict by evidence_key is what would have been found and written: refused attempts and lone SYNs of
 * every look, each judged in full, written in full, and compared with what is cached_verdict of the first one alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "random_frames.h"
#include "run/verdict_cache.h"

#define SOURCE "memory.pcap"

enum { ATTEMPTS = 20000, FRAME = 14 + 40 + 20 };

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

struct trial {
    struct tracker *tracker;
    struct cache cache;
    struct verdict verdict;
    struct attempt_summary summary; /* of the attempt being handed over */
    uint32_t judged, recalled, has_template, not_alike;
};

/* Never enough, so that each is judged as well. */
static enum cache_answer on_evidence_key(void *context, const struct evidence_key *evidence_key,
                                         const struct attempt_summary *summary)
{
    struct trial *trial = context;
    (void)evidence_key;
    trial->summary = *summary;
    return CACHE_UNKNOWN;
}

/* The two ways to the same line. */
static void compare_lines(const struct trial *trial, const struct case_file *file, const struct template *template)
{
    char *text[2];
    size_t size[2];
    for (int way = 0; way < 2; way++) {
        FILE *out = open_memstream(&text[way], &size[way]);
        struct report *report = report_new(&(struct report_options){.format = REPORT_JSON, .out = out});
        if (way == 0)
            report_verdict(report, file, &trial->verdict, SOURCE);
        else
            report_from_template(report, template, &trial->summary, trial->verdict.cause);
        report_close(report);
        fclose(out);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

static void on_case(void *context, const struct case_file *file)
{
    struct trial *trial = context;
    diagnose(file, &trial->verdict);
    trial->judged++;
    if (!file->evidence_key) {
        trial->not_alike++;
        return;
    }
    const struct cached_verdict *known = verdict_cache_find(&trial->cache, file->evidence_key);
    if (known) {
        trial->recalled++;
        assert_int_equal(known->cause, trial->verdict.cause);
    }
    if (known && known->has_template) {
        trial->has_template++;
        compare_lines(trial, file, &known->template);
    }
    verdict_cache_add(&trial->cache, file, &trial->verdict, SOURCE);
}

static void feed(struct trial *trial, const struct segment *s, uint64_t *number, int64_t *ts_us)
{
    struct frame frame = {.data = s->bytes,
                          .caplen = s->size,
                          .len = s->size,
                          .ts_us = *ts_us += 100,
                          .number = ++*number,
                          .linktype = 1};
    tracker_frames(trial->tracker, &frame, 1);
}

/* Every field that a rule may read. */
static void one_attempt(struct trial *trial, struct dice *dice, uint64_t *number, int64_t *ts_us)
{
    static const uint8_t tos[] = {0, 0x10, 0x48, 1}, ttl[] = {64, 63, 128, 255, 61};
    struct segment syn, rst;
    bool ipv6 = roll(dice, 3) == 0;
    uint32_t client = roll(dice, UINT32_MAX), server = roll(dice, UINT32_MAX), seq = roll(dice, UINT32_MAX);
    uint16_t port = (uint16_t)(1024 + roll(dice, 60000));
    uint32_t syn_id = rarely(dice, 2) * 0x1234;
    begin(&syn, ipv6, tos[rarely(dice, 4)], ttl[rarely(dice, 5)], rarely(dice, 2));
    begin(&rst, ipv6, tos[rarely(dice, 4)], ttl[rarely(dice, 5)], rarely(dice, 2));
    put_addresses(&syn, client, server);
    put_addresses(&rst, server, client);
    if (!ipv6) {
        put16(syn.bytes + 18, syn_id);
        put16(rst.bytes + 18, roll(dice, 2) ? syn_id : rarely(dice, 2) * 77);
        put16(rst.bytes + 20, rarely(dice, 2) ? 0 : 0x4000);
    }
    syn.bytes[6] = rst.bytes[6] = (uint8_t)(rarely(dice, 2) ? 0 : 2);
    uint8_t *tcp = tcp_of(&syn);
    put16(tcp, port);
    put16(tcp + 2, 22);
    put32(tcp + 4, seq);
    tcp[13] = TCP_SYN;
    put_sum(&syn, 0);
    tcp = tcp_of(&rst);
    put16(tcp, 22);
    put16(tcp + 2, port);
    put32(tcp + 4, rarely(dice, 2) * 99);
    put32(tcp + 8, seq + 1);
    tcp[13] = (uint8_t)(TCP_RST | TCP_ACK | (rarely(dice, 2) ? TCP_PSH : 0));
    put16(tcp + 14, rarely(dice, 2) * 1024);
    put_sum(&rst, rarely(dice, 3));
    feed(trial, &syn, number, ts_us);
    if (rarely(dice, 2)) {
        *ts_us += 1000000;
        feed(trial, &syn, number, ts_us);
    }
    if (rarely(dice, 2) == 0)
        feed(trial, &rst, number, ts_us);
}

static void alike_is_alike(void **state)
{
    static struct port_set ports;
    static struct trial trial;
    struct dice dice = {1};
    uint64_t number = 0;
    int64_t ts_us = 1700000000000000;
    (void)state;
    assert_true(port_set_parse(&ports, "22"));
    struct tracker_options options = {.ports = &ports, .known = on_evidence_key};
    trial.tracker = tracker_new(&options, on_case, &trial);
    assert_non_null(trial.tracker);
    for (int i = 0; i < ATTEMPTS; i++)
        one_attempt(&trial, &dice, &number, &ts_us);
    tracker_finish(trial.tracker, false);
    tracker_free(trial.tracker);
    assert_int_equal(trial.judged, ATTEMPTS);
    assert_in_range(trial.recalled, ATTEMPTS / 3, ATTEMPTS);
    assert_in_range(trial.has_template, ATTEMPTS / 10, ATTEMPTS);
    /* A marked SYN tells of the host's kernel: its attempts are never judged by evidence_key. */
    assert_in_range(trial.not_alike, ATTEMPTS / 20, ATTEMPTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alike_is_alike)};
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
