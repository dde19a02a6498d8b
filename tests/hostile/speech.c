/* Hostile speech: what a peer could send on an SSH port to cost memory or time, or to be taken for something it is not.
 *
 * The program is built for this with a call at each branch (-fsanitize-coverage=trace-pc), so that work is counted in
 * branches and no clock is asked: twice the input may cost about twice the work, and memory stops growing. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../packets.h"
#include "pipeline.h"

/* Of the sanitizers' runtime; gcc ships no header for the first. */
size_t __sanitizer_get_current_allocated_bytes(void);
void __sanitizer_cov_trace_pc(void);

static unsigned long long operations;

void __sanitizer_cov_trace_pc(void)
{
    operations++;
}

/* A connection under attack. */
struct stage_play {
    struct pipeline p;
    struct decoder *decoder;
    int64_t now_us;
    uint16_t port;
    size_t heap_before, heap_most;
    unsigned long long sent;
};

static void send_frame(struct stage_play *s, const struct frame_bytes *bytes)
{
    uint8_t *copy = malloc(bytes->len);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes->data, bytes->len);
    s->now_us += 100;
    struct frame frame = {.data = copy,
                          .caplen = (uint32_t)bytes->len,
                          .len = (uint32_t)bytes->len,
                          .ts_us = s->now_us,
                          .number = ++s->p.number,
                          .linktype = LINKTYPE_ETHERNET};
    pipeline_frame(&s->p, &frame);
    free(copy);
    size_t heap = __sanitizer_get_current_allocated_bytes();
    if (heap > s->heap_most)
        s->heap_most = heap;
}

enum { CLIENT_ISN = 1000, SERVER_ISN = 5000 };

/* `at` counts from the sender's first byte of payload; a SYN is at -1. */
static void send_segment(struct stage_play *s, bool server, uint8_t flags, int64_t at, const void *bytes, size_t n)
{
    struct frame_bytes frame;
    struct segment segment = {.from = server ? PERSON_SERVER : PERSON_CLIENT,
                              .to = server ? PERSON_CLIENT : PERSON_SERVER,
                              .ttl = 64,
                              .src_port = server ? 22 : s->port,
                              .dst_port = server ? s->port : 22,
                              .seq = (server ? SERVER_ISN : CLIENT_ISN) + 1 + (uint32_t)at,
                              .ack = flags & TCP_ACK ? (server ? CLIENT_ISN : SERVER_ISN) + 1 : 0,
                              .flags = flags,
                              .window = 500,
                              .payload = bytes,
                              .payload_len = n};
    build_segment(&frame, &segment);
    send_frame(s, &frame);
    s->sent += n;
}

static void shake(struct stage_play *s)
{
    send_segment(s, false, TCP_SYN, -1, NULL, 0);
    send_segment(s, true, TCP_SYN | TCP_ACK, -1, NULL, 0);
    send_segment(s, false, TCP_ACK, 0, NULL, 0);
}

/* A stream in segments of `step` bytes, from the server or the client. */
static void say(struct stage_play *s, bool server, int64_t at, const void *bytes, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i += step)
        send_segment(s, server, TCP_ACK | TCP_PSH, at + (int64_t)i, (const uint8_t *)bytes + i,
                     i + step > n ? n - i : step);
}

static const char hello[] = "SSH-2.0-OpenSSH_9.2p1\r\n";
enum { HELLO = sizeof hello - 1 };

static void greet(struct stage_play *s)
{
    shake(s);
    say(s, false, 0, hello, HELLO, HELLO);
    say(s, true, 0, hello, HELLO, HELLO);
}

/* The attacks. Each takes its size, roughly in bytes or segments. */

static void endless_first_line(struct stage_play *s, size_t n)
{
    static uint8_t text[1400];
    memset(text, 'A', sizeof text);
    shake(s);
    for (size_t i = 0; i < n / sizeof text; i++)
        say(s, true, (int64_t)(i * sizeof text), text, sizeof text, sizeof text);
}

static void endless_lines(struct stage_play *s, size_t n)
{
    static uint8_t text[1400];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '\n' : 'x';
    shake(s);
    for (size_t i = 0; i < n / sizeof text; i++)
        say(s, true, (int64_t)(i * sizeof text), text, sizeof text, sizeof text);
}

static void lines_byte_by_byte(struct stage_play *s, size_t n)
{
    shake(s);
    for (size_t i = 0; i < n; i++)
        say(s, true, (int64_t)i, i % 30 == 29 ? "\n" : "x", 1, 1);
}

static void endless_client_banner(struct stage_play *s, size_t n)
{
    shake(s);
    say(s, false, 0, "SSH-2.0-", 8, 8);
    for (size_t i = 0; i < n; i++)
        say(s, false, (int64_t)i + 8, "a", 1, 1);
}

static void both_sides_byte_by_byte(struct stage_play *s, size_t n)
{
    shake(s);
    for (size_t i = 0; i < n / 2; i++)
        for (int server = 0; server < 2; server++)
            say(s, server, (int64_t)i, i < HELLO ? hello + i : "\x01", 1, 1);
}

static void put_packet_start(uint8_t *out, uint32_t length, uint8_t padding, uint8_t message)
{
    out[0] = (uint8_t)(length >> 24);
    out[1] = (uint8_t)(length >> 16);
    out[2] = (uint8_t)(length >> 8);
    out[3] = (uint8_t)length;
    out[4] = padding;
    out[5] = message;
}

/* A KEXINIT whose first name-list is as long as the whole input. */
static void endless_name_list(struct stage_play *s, size_t n)
{
    uint8_t start[6 + 16 + 6];
    static uint8_t names[1400];
    for (size_t i = 0; i < sizeof names; i++)
        names[i] = i % 8 == 7 ? ',' : 'k';
    memset(start, 0, sizeof start);
    put_packet_start(start, (uint32_t)n + 60, 4, SSH_MSG_KEXINIT);
    put_packet_start(start + 22, (uint32_t)n, 0, 0); /* the list's length; what it writes beyond is overwritten next */
    greet(s);
    for (int server = 0; server < 2; server++) {
        say(s, server, HELLO, start, sizeof start - 2, sizeof start);
        for (size_t i = 0; i < n / sizeof names; i++)
            say(s, server, (int64_t)(HELLO + sizeof start - 2 + i * sizeof names), names, sizeof names, sizeof names);
    }
}

/* A true KEXINIT of many short names, as long as a packet may be: looking for common ones must not be quadratic without
 * bound. */
static void many_names(struct stage_play *s, size_t n)
{
    size_t list = n > 30000 ? 30000 : n, at = 6 + 16;
    uint8_t *packet = calloc(1, list + 200);
    if (packet == NULL)
        abort();
    for (int l = 0; l < 10; l++) {
        uint32_t length = l == 0 ? (uint32_t)list : 4;
        put_packet_start(packet + at, length, 0, 0);
        at += 4;
        for (uint32_t i = 0; i < length; i++)
            packet[at + i] = l == 0 && i % 3 == 2 ? ',' : (uint8_t)('a' + i % 23);
        at += length;
    }
    at += 5;
    put_packet_start(packet, (uint32_t)(at - 4 + 4), 4, SSH_MSG_KEXINIT);
    at += 4;
    greet(s);
    for (int server = 0; server < 2; server++) {
        packet[6 + 16 + 4] = server ? 'z' : 'y';
        say(s, server, HELLO, packet, at, 1400);
    }
    free(packet);
}

/* Lengths that lie, one after the other on connections of their own. */
static void lying_lengths(struct stage_play *s, size_t n)
{
    static const struct {
        uint32_t length;
        uint8_t padding;
        uint32_t list;
    } lies[] = {{0, 0, 0},          {1, 0, 0},          {2, 1, 0},     {5, 255, 0},          {0xffffffff, 4, 0},
                {0x7fffffff, 4, 0}, {0x80000000, 4, 0}, {300, 255, 0}, {300, 4, 0xffffffff}, {300, 4, 0x80000000},
                {300, 4, 280},      {300, 4, 277},      {12, 11, 0},   {262144, 4, 262000},  {262145, 4, 100},
                {35000, 4, 0xffff}};
    uint8_t packet[400];
    for (size_t i = 0; i < n; i++) {
        memset(packet, 'n', sizeof packet);
        put_packet_start(packet, lies[i % 16].length, lies[i % 16].padding, SSH_MSG_KEXINIT);
        put_packet_start(packet + 22, lies[i % 16].list, 'n', 'n');
        s->port = (uint16_t)(10000 + i);
        greet(s);
        say(s, true, HELLO, packet, sizeof packet, 1 + i % 400);
        say(s, false, HELLO, packet, sizeof packet, 400);
        send_segment(s, true, TCP_FIN | TCP_ACK, HELLO + 400, NULL, 0);
    }
}

static void backwards(struct stage_play *s, size_t n)
{
    shake(s);
    for (size_t i = n; i > 0; i--)
        say(s, true, (int64_t)i * 3, "abc", 3, 3);
}

static void every_second_byte(struct stage_play *s, size_t n)
{
    shake(s);
    for (size_t i = 0; i < n; i++)
        say(s, true, (int64_t)i * 2 + 1, "x", 1, 1);
}

static void overlapping(struct stage_play *s, size_t n)
{
    shake(s);
    for (size_t i = 0; i < n; i++)
        say(s, i % 2, (int64_t)i, "SSH-2.0-overlap\r\nSSH-2.0-overlap", 32, 32);
}

/* From everywhere in the sequence space. */
static void far_away(struct stage_play *s, size_t n)
{
    uint32_t at = 1;
    shake(s);
    for (size_t i = 0; i < n; i++, at = at * 1664525 + 1013904223)
        say(s, i % 2, at, "SSH-2.0-far\r\n", 13, 13);
}

static void resets_and_fins(struct stage_play *s, size_t n)
{
    greet(s);
    for (size_t i = 0; i < n; i++)
        send_segment(s, i % 2, i % 3 ? TCP_RST | TCP_ACK : TCP_FIN | TCP_ACK, HELLO + (int64_t)i, NULL, 0);
}

static void encrypted_for_ever(struct stage_play *s, size_t n)
{
    static const uint8_t newkeys[] = {0, 0, 0, 12, 10, SSH_MSG_NEWKEYS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static uint8_t secret[60];
    greet(s);
    for (int server = 0; server < 2; server++)
        say(s, server, HELLO, newkeys, sizeof newkeys, sizeof newkeys);
    for (size_t i = 0; i < n; i++)
        say(s, i % 2, (int64_t)(HELLO + sizeof newkeys + i / 2 * sizeof secret), secret, sizeof secret, sizeof secret);
}

static void errors_without_end(struct stage_play *s, size_t n)
{
    struct frame_bytes frame;
    struct segment syn = {.from = PERSON_CLIENT,
                          .to = PERSON_SERVER,
                          .ttl = 64,
                          .src_port = s->port,
                          .dst_port = 22,
                          .seq = CLIENT_ISN,
                          .flags = TCP_SYN};
    shake(s);
    for (size_t i = 0; i < n; i++) {
        struct segment outer = {.from = (enum person)(i % 250), .to = PERSON_CLIENT, .ttl = (uint8_t)i};
        build_icmp_error(&frame, &outer, 3, (uint8_t)(i % 16), &syn);
        send_frame(s, &frame);
    }
}

static void names_without_end(struct stage_play *s, size_t n)
{
    struct frame_bytes frame;
    char name[40];
    struct segment ask = {.from = PERSON_CLIENT, .to = PERSON_ROUTER, .ttl = 64};
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "host%zu.example", i);
        build_dns(&frame, &ask, name, 1, false, 0, 0);
        send_frame(s, &frame);
    }
}

/* Connections, each with as many clear bytes as are kept. */
static void many_fat_connections(struct stage_play *s, size_t n)
{
    static uint8_t text[8000];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < n; i++) {
        s->port = (uint16_t)(10000 + i);
        shake(s);
        for (int server = 0; server < 2; server++)
            say(s, server, 0, text, sizeof text, sizeof text);
        say(s, true, sizeof text, text, sizeof text, sizeof text);
    }
}

static void a_flood_of_syns(struct stage_play *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s->port = (uint16_t)(i * 7);
        send_segment(s, false, TCP_SYN, (int64_t)i * 1000, NULL, 0);
    }
}

struct attack {
    const char *name;
    void (*act)(struct stage_play *s, size_t n);
    size_t size;
    size_t heap;    /* bytes that it may cost beside the tables of an idle tracker */
    bool grows;     /* with the number of connections: then `heap` is for each */
    double steeper; /* how many times the work twice the input may cost */
};

#define KB 1024

/* Twice the clear bytes that are kept of each side, and the tables' first chunks. */
enum { ONE_TALK = 2500 * KB };

static const struct attack attacks[] = {
    {"a first line without end", endless_first_line, 1 << 19, ONE_TALK, false, 2.3},
    {"lines without end", endless_lines, 1 << 19, ONE_TALK, false, 2.3},
    {"lines, a byte at a time", lines_byte_by_byte, 10000, ONE_TALK, false, 2.3},
    {"a client banner without end", endless_client_banner, 10000, ONE_TALK, false, 2.3},
    {"10000 segments of one byte", both_sides_byte_by_byte, 10000, ONE_TALK, false, 2.3},
    {"a name-list of a megabyte", endless_name_list, 1 << 20, ONE_TALK, false, 2.3},
    {"10000 names", many_names, 15000, ONE_TALK, false, 2.5},
    {"lengths that lie", lying_lengths, 320, 20 * KB, true, 2.6},
    {"backwards", backwards, 10000, ONE_TALK, false, 2.3},
    {"every second byte", every_second_byte, 10000, ONE_TALK, false, 2.3},
    {"overlapping", overlapping, 10000, ONE_TALK, false, 2.3},
    {"all over the sequence space", far_away, 10000, ONE_TALK, false, 2.3},
    {"resets and FINs", resets_and_fins, 10000, ONE_TALK, false, 2.3},
    {"encrypted without end", encrypted_for_ever, 10000, ONE_TALK, false, 2.3},
    {"ICMP errors without end", errors_without_end, 10000, ONE_TALK, false, 2.3},
    {"names to resolve without end", names_without_end, 5000, ONE_TALK, false, 2.3},
    {"fat connections", many_fat_connections, 150, 90 * KB, true, 2.3},
    {"a flood of SYNs", a_flood_of_syns, 8000, 1 * KB, true, 2.3},
};

/* Branches that a frame and a byte of payload may cost: several times what honest traffic does. */
enum { PER_FRAME = 8000, PER_BYTE = 40 };

struct cost {
    unsigned long long operations, sent;
    size_t heap, stats_bytes, frames;
};

static bool headline(enum cause cause)
{
    return cause == CAUSE_KERNEL_RST || cause == CAUSE_FIREWALL_RST || cause == CAUSE_SILENT_DROP ||
           cause == CAUSE_MAXSTARTUPS;
}

static struct cost run(const struct attack *attack, size_t n)
{
    static struct stage_play s;
    memset(&s, 0, sizeof s);
    pipeline_open_usual(&s.p, "json");
    s.now_us = INT64_C(1764000000000000);
    s.port = 40000;
    s.heap_before = s.heap_most = __sanitizer_get_current_allocated_bytes();
    unsigned long long before = operations;
    attack->act(&s, n);
    struct cost cost = {.sent = s.sent, .frames = s.p.frames, .heap = s.heap_most - s.heap_before};
    struct tracker_stats stats;
    tracker_stats(s.p.usual.tracker, &stats);
    cost.stats_bytes = stats.bytes;
    pipeline_close(&s.p, false, attack->name);
    cost.operations = operations - before;
    for (size_t i = 0; i < s.p.given_count; i++)
        if (headline(s.p.given[i].cause) && s.p.given[i].confidence > 0.9 && attack->act != a_flood_of_syns &&
            attack->act != errors_without_end)
            failed(attack->name, cause_name(s.p.given[i].cause));
    return cost;
}

int main(void)
{
    char how[160];
    unsigned long wrong = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%-30s %10s %14s %14s %7s %10s\n", "hostile speech", "frames", "work", "twice", "factor", "heap KB");
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        const struct attack *a = &attacks[i];
        unsigned long before = failures;
        struct cost once = run(a, a->size), twice = run(a, a->size * 2);
        double factor = (double)twice.operations / (double)once.operations;
        size_t allowed = a->grows ? a->heap * a->size * 2 + ONE_TALK : a->heap;
        printf("%-30s %10zu %14llu %14llu %7.2f %10zu\n", a->name, once.frames, once.operations, twice.operations,
               factor, twice.heap / KB);
        if (factor > a->steeper) {
            snprintf(how, sizeof how, "twice the input is %.2f times the work", factor);
            failed(a->name, how);
        }
        if (twice.operations > twice.frames * PER_FRAME + twice.sent * PER_BYTE) {
            snprintf(how, sizeof how, "%.0f branches for each byte", (double)twice.operations / (double)twice.sent);
            failed(a->name, how);
        }
        if (twice.heap > allowed) {
            snprintf(how, sizeof how, "%zu KB of memory, %zu allowed", twice.heap / KB, allowed / KB);
            failed(a->name, how);
        }
        if (twice.heap > 4 * ONE_TALK && twice.stats_bytes < twice.heap / 2) {
            snprintf(how, sizeof how, "the tracker owns up to %zu KB of %zu", twice.stats_bytes / KB, twice.heap / KB);
            failed(a->name, how);
        }
        wrong += failures != before;
    }
    printf("%zu passed, %lu failed\n", sizeof attacks / sizeof *attacks - wrong, wrong);
    return failures ? 1 : 0;
}
