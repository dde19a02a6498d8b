/* What a text does not print is read by nobody: each text of tests/pasted_texts/ is read once more with other values in
 * all the fields that its frames say are unknown, and every verdict stays as it was. Files named on the command line
 * are read instead. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/capture.h>
#include <sshsniff/header_fields.h>
#include <sshsniff/port_set.h>
#include <sshsniff/protocol_numbers.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#ifndef PCAPS
#define PCAPS "pcaps" /* the Makefile gives the whole path */
#endif
#define TEXTS PCAPS "/../tests/pasted_texts/*.txt"

enum { TOLD_MAX = 4096, ROUNDS = 4, FRAME_MAX = 20000, IPV4 = 20, IPV6 = 40, TCP = 20, ICMP = 8 };

/* One verdict, and what it was made of. */
struct told {
    uint16_t client_port;
    uint64_t number; /* of its first packet */
    enum cause cause;
    enum where where;
    double confidence;
    char rows[1024];
};

struct reading {
    struct told told[TOLD_MAX];
    size_t count;
};

static struct reading as_read, otherwise;
static struct verdict verdict;
static char **named;

static void on_case(void *context, const struct case_file *file)
{
    struct reading *r = context;
    if (r->count == TOLD_MAX)
        return;
    diagnose(file, &verdict);
    struct told *t = &r->told[r->count++];
    *t = (struct told){file->attempt->key.client_port,
                       file->attempt->syn.number,
                       verdict.cause,
                       verdict.where,
                       verdict.confidence,
                       ""};
    size_t at = 0;
    for (size_t i = 0; i < verdict.evidence_count && at < sizeof t->rows; i++)
        at += (size_t)snprintf(t->rows + at, sizeof t->rows - at, "%s ", verdict.evidence[i].id);
}

/* ---- Other values ---- */

static uint32_t dice;

static uint32_t roll(void)
{
    dice = dice * 1664525u + 1013904223u;
    return dice >> 8;
}

static uint8_t one_of(const uint8_t *values, size_t count)
{
    return values[roll() % count];
}

/* Values that mean something to a row, rather than noise that fits nothing. */
static uint8_t some_ttl(void)
{
    return one_of((const uint8_t[]){1, 30, 32, 50, 63, 64, 113, 128, 240, 255}, 10);
}

static uint8_t some_tos(void)
{
    return one_of((const uint8_t[]){0, 0x10, 0x08, 0x48, 0xb8, 0x20}, 6);
}

static void change_ip(uint8_t *ip, uint32_t unknown)
{
    if (ip[0] >> 4 == 6) {
        if (unknown & FIELD_TOS) {
            const uint8_t tos = some_tos();
            ip[0] = (uint8_t)(0x60 | tos >> 4);
            ip[1] = (uint8_t)((tos & 15) << 4 | (ip[1] & 15));
        }
        if (unknown & FIELD_LABEL)
            ip[2] = (uint8_t)(roll() % 2 * roll()), ip[3] = (uint8_t)(ip[2] * roll());
        if (unknown & FIELD_TTL)
            ip[7] = some_ttl();
        return;
    }
    if (unknown & FIELD_TOS)
        ip[1] = some_tos();
    if (unknown & FIELD_IP_ID)
        ip[4] = (uint8_t)(roll() % 2 * roll()), ip[5] = (uint8_t)(ip[4] * roll());
    if (unknown & FIELD_DF)
        ip[6] = roll() % 2 ? 0x40 : 0;
    if (unknown & FIELD_TTL)
        ip[8] = some_ttl();
}

static void change_segment(uint8_t *tcp, uint32_t unknown)
{
    static const uint16_t windows[] = {0, 1024, 5840, 8192, 14600, 29200, 64240, 65535};
    if (unknown & FIELD_WINDOW) {
        const uint16_t window = windows[roll() % 8];
        tcp[14] = (uint8_t)(window >> 8);
        tcp[15] = (uint8_t)window;
    }
    if (unknown & FIELD_SUM)
        tcp[16] = (uint8_t)roll(), tcp[17] = (uint8_t)roll();
}

/* Options that are not known at all: some stack's. `size` grows by theirs. */
static uint32_t add_options(uint8_t *tcp, size_t headers, uint32_t size)
{
    static const uint8_t linux_syn[20] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7},
                         windows_syn[12] = {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2},
                         times[12] = {1, 1, 8, 10, 9, 9, 9, 9, 8, 8, 8, 8};
    static const struct {
        const uint8_t *bytes;
        uint8_t size;
    } sets[] = {{linux_syn, 20}, {windows_syn, 12}, {linux_syn, 4}, {times, 12}, {times, 0}};
    const size_t i = roll() % 5, more = sets[i].size;
    if (tcp[12] >> 4 != 5 || size < headers + TCP || size + more > FRAME_MAX)
        return 0;
    memmove(tcp + TCP + more, tcp + TCP, size - headers - TCP);
    memcpy(tcp + TCP, sets[i].bytes, more);
    tcp[12] = (uint8_t)((5 + more / 4) << 4);
    return (uint32_t)more;
}

static void longer(uint8_t *ip, uint32_t more)
{
    uint8_t *length = ip[0] >> 4 == 6 ? ip + 4 : ip + 2;
    const uint32_t value = (uint32_t)(length[0] << 8 | length[1]) + more;
    length[0] = (uint8_t)(value >> 8);
    length[1] = (uint8_t)value;
}

static void change(struct frame *frame, uint8_t *bytes)
{
    struct text_link link;
    memcpy(&link, bytes, sizeof link);
    uint8_t *ip = bytes + sizeof link;
    const uint32_t left = frame->caplen - (uint32_t)sizeof link;
    const bool v6 = link.type == ETHERTYPE_IPV6;
    const uint32_t header = v6 ? IPV6 : IPV4;
    if (link.type == ETHERTYPE_ARP || left < header + ICMP)
        return;
    const uint8_t protocol = ip[v6 ? 6 : 9];
    change_ip(ip, link.unknown);
    if (protocol == PROTOCOL_TCP && left >= header + TCP) {
        change_segment(ip + header, link.unknown);
        uint32_t more =
            link.unknown & FIELD_OPTIONS ? add_options(ip + header, sizeof link + header, frame->caplen) : 0;
        longer(ip, more);
        frame->caplen += more;
        frame->len += more;
    } else if (protocol != PROTOCOL_TCP && link.unknown & FIELD_QUOTE && left >= header + ICMP + header)
        change_ip(ip + header + ICMP, FIELD_TTL | FIELD_TOS | FIELD_IP_ID | FIELD_DF | FIELD_LABEL);
    if (link.unknown & FIELD_MAC) {
        for (size_t i = 0; i < 6; i++)
            link.src_mac[i] = link.dst_mac[i] = (uint8_t)roll();
        memcpy(bytes, &link, sizeof link);
    }
}

/* ---- Reading ---- */

/* Of those that end together, which comes first is no promise. */
static int in_order(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    return x->client_port != y->client_port ? (x->client_port > y->client_port) - (x->client_port < y->client_port)
                                            : (x->number > y->number) - (x->number < y->number);
}

static void read_text(const char *path, uint32_t seed, struct reading *out)
{
    static uint8_t bytes[FRAME_MAX + 64];
    char error[SOURCE_ERROR_SIZE];
    static struct port_set ports;
    port_set_add(&ports, 22);
    struct source *source = source_open_file(path, NULL, error);
    if (!source)
        fail_msg("%s", error);
    out->count = 0;
    struct tracker *tracker = tracker_new(&(struct tracker_options){.ports = &ports}, on_case, out);
    struct frame frame;
    dice = seed;
    while (source_next(source, &frame) == SOURCE_FRAME) {
        assert_true(frame.caplen <= FRAME_MAX);
        memcpy(bytes, frame.data, frame.caplen);
        frame.data = bytes;
        if (seed)
            change(&frame, bytes);
        (void)tracker_frames(tracker, &frame, 1);
    }
    tracker_finish(tracker, false);
    tracker_free(tracker);
    source_close(source);
    qsort(out->told, out->count, sizeof *out->told, in_order);
}

static size_t compare(const char *path, uint32_t seed)
{
    size_t different = as_read.count != otherwise.count;
    for (size_t i = 0; i < as_read.count && i < otherwise.count; i++) {
        const struct told *a = &as_read.told[i], *b = &otherwise.told[i];
        if (a->client_port == b->client_port && a->cause == b->cause && a->where == b->where &&
            a->confidence == b->confidence && strcmp(a->rows, b->rows) == 0)
            continue;
        print_message("%s %u: port %u %s %d %.3f (%s) is %s %d %.3f (%s)\n", path, seed, a->client_port,
                      cause_name(a->cause), a->where, a->confidence, a->rows, cause_name(b->cause), b->where,
                      b->confidence, b->rows);
        different++;
    }
    return different;
}

static size_t one_text(const char *path)
{
    size_t different = 0;
    read_text(path, 0, &as_read);
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        read_text(path, seed * 7919, &otherwise);
        different += compare(path, seed);
    }
    return different;
}

static void what_is_not_printed_is_not_read(void **state)
{
    glob_t found = {0};
    size_t different = 0, texts = 0;
    (void)state;
    for (char **path = named; *path; path++, texts++)
        different += one_text(*path);
    if (!texts && glob(TEXTS, 0, NULL, &found) == 0)
        for (; texts < found.gl_pathc; texts++)
            different += one_text(found.gl_pathv[texts]);
    globfree(&found);
    assert_true(texts > 0);
    assert_int_equal(different, 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_not_printed_is_not_read)};
    (void)count;
    named = arguments + 1;
    return cmocka_run_group_tests_name("text_unknown", tests, NULL, NULL);
}
