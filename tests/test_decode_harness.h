/* What the decoder's tests share. Every frame that a test decodes is also decoded cut at each of its lengths, and kept
 * for the test that flips bits. */
#ifndef TEST_DECODE_HARNESS_H
#define TEST_DECODE_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <sshsniff/packet.h>

#include "test_decode_build.h"

#define ETHERNET 1
#define RAW      101

static struct decoder *decoder;
static struct decoder *cut_decoder; /* for frames that are cut, lest their fragments meet the whole ones */
static struct build build;          /* too large for a stack */
static struct build *const b = &build;
static uint64_t frame_number;
static int64_t frame_ts_us;

/* A sanitizer sees a read too far only where the allocation ends with the frame. */
static inline uint8_t *exact_copy(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    if (len)
        memcpy(copy, data, len);
    return copy;
}

static inline struct frame frame_of(uint8_t *data, size_t caplen, size_t len, int linktype)
{
    return (struct frame){.data = data,
                          .caplen = (uint32_t)caplen,
                          .len = (uint32_t)len,
                          .ts_us = frame_ts_us,
                          .number = ++frame_number,
                          .linktype = linktype};
}

/* What must hold of any packet, whatever the bytes were. */
static inline void assert_sensible(enum decode_result result, const struct packet *p)
{
    static volatile uint8_t seen;

    assert_in_range(result, DECODE_OK, DECODE_UNKNOWN_LINKTYPE);
    assert_in_range(p->kind, PACKET_OTHER, PACKET_NOT_IP);
    assert_in_range(p->tunnel_depth, 0, 4);
    if (p->kind != PACKET_NOT_IP)
        assert_true(p->ip_version == 4 || p->ip_version == 6);
    if (p->kind == PACKET_DNS)
        assert_in_range(strnlen(p->dns.name, DNS_NAME_SIZE), 0, 253);
    if (p->kind == PACKET_TCP) {
        assert_false(p->fragment);
        assert_true(p->tcp.payload_captured <= p->tcp.payload_len);
        for (uint32_t i = 0; i < p->tcp.header_captured; i++)
            seen = p->tcp.header[i];
        for (uint32_t i = 0; i < p->tcp.payload_captured; i++)
            seen = p->tcp.payload[i];
        assert_in_range(packet_tcp_checksum(p), CHECKSUM_UNKNOWN, CHECKSUM_BAD);
    }
    (void)seen;
}

static inline void decode_cut(const uint8_t *data, size_t caplen, size_t len, int linktype)
{
    uint8_t *copy = exact_copy(data, caplen);
    struct frame frame = frame_of(copy, caplen, len, linktype);
    struct packet p;

    assert_sensible(decode_frame(cut_decoder, &frame, &p), &p);
    assert_int_equal(p.cut, caplen < len);
    free(copy);
}

#define CORPUS_MAX   400
#define CORPUS_FRAME 600
static struct {
    uint8_t data[CORPUS_FRAME];
    size_t len;
    int linktype;
} corpus[CORPUS_MAX];
static size_t corpus_count;

static inline void corpus_add(const uint8_t *data, size_t len, int linktype)
{
    if (corpus_count == CORPUS_MAX || len > CORPUS_FRAME)
        return;
    memcpy(corpus[corpus_count].data, data, len);
    corpus[corpus_count].len = len;
    corpus[corpus_count++].linktype = linktype;
}

/* The packet may point into the frame, so the frame lives until the next call. */
static inline enum decode_result decode_snap(int linktype, size_t caplen, struct packet *out)
{
    static uint8_t *last;

    free(last);
    last = exact_copy(built(b), caplen);
    struct frame frame = frame_of(last, caplen, b->len, linktype);
    memset(out, 0xa5, sizeof *out); /* a field that is not set shows */
    enum decode_result result = decode_frame(decoder, &frame, out);
    assert_sensible(result, out);
    return result;
}

static inline enum decode_result decode(int linktype, struct packet *out)
{
    size_t longest = b->len < CORPUS_FRAME ? b->len : CORPUS_FRAME;

    corpus_add(built(b), b->len, linktype);
    for (size_t caplen = 0; caplen < longest; caplen++) {
        decode_cut(built(b), caplen, b->len, linktype);
        decode_cut(built(b), caplen, caplen, linktype);
    }
    return decode_snap(linktype, b->len, out);
}

static inline struct packet decode_ok(int linktype)
{
    struct packet p;
    assert_int_equal(decode(linktype, &p), DECODE_OK);
    return p;
}

static inline void assert_address(const struct address *a, const char *text)
{
    struct address expected = address_of(text);
    assert_memory_equal(a, &expected, sizeof expected);
}

static inline void assert_syn(const struct packet *p, int version)
{
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->ip_version, version);
    assert_address(&p->src, version == 4 ? "10.7.1.2" : "fd00::1");
    assert_address(&p->dst, version == 4 ? "10.7.2.2" : "fd00::2");
    assert_int_equal(p->ttl, 61);
    assert_int_equal(p->tos, 0x48);
    assert_int_equal(p->df, version == 4);
    assert_int_equal(p->ip_id, version == 4 ? 0x1234 : 0);
    assert_int_equal(p->flow_label, version == 4 ? 0 : 0x12345);
    assert_false(p->fragment);
    assert_int_equal(p->tcp.src_port, CLIENT_PORT);
    assert_int_equal(p->tcp.dst_port, 22);
    assert_int_equal(p->tcp.seq, SEQ);
    assert_int_equal(p->tcp.ack, ACK);
    assert_int_equal(p->tcp.window, 64240);
    assert_int_equal(p->tcp.flags, TCP_SYN);
}

static uint64_t random_state = 0x9e3779b97f4a7c15;

static inline uint64_t random_next(void) /* xorshift64* */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1d;
}

static inline void flipped_bits(void **state)
{
    size_t linktypes = 1;
    (void)state;
    while (decode_linktype_at(linktypes) >= 0)
        linktypes++;
    assert_true(corpus_count > 0);
    for (int i = 0; i < 1500000; i++) {
        size_t which = random_next() % corpus_count;
        size_t len = corpus[which].len - (random_next() % 8 == 0 ? random_next() % corpus[which].len : 0);
        uint8_t *copy = exact_copy(corpus[which].data, len);
        for (uint64_t flips = 1 + random_next() % 6; flips; flips--)
            copy[random_next() % len] ^= (uint8_t)(1u << random_next() % 8);
        int linktype = random_next() % 16 ? corpus[which].linktype : decode_linktype_at(random_next() % linktypes);
        struct frame frame = frame_of(copy, len, corpus[which].len, linktype);
        struct packet p;
        frame.ts_us = random_next() % 64 ? frame_ts_us : (int64_t)random_next();
        assert_sensible(decode_frame(decoder, &frame, &p), &p);
        free(copy);
    }
}

static inline int setup(void **state)
{
    (void)state;
    decoder = decoder_new();
    cut_decoder = decoder_new();
    return decoder && cut_decoder ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    decoder_free(decoder);
    decoder_free(cut_decoder);
    return 0;
}

#endif
