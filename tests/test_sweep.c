/* The sweep of all ports: its packets, and how fast they may go. No packet is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/packet.h>
#include <sshsniff/probe.h>

#include "probe/pace.h"
#include "probe/sweep_packet.h"

/* ---- Packets ---- */

enum { LINKTYPE_RAW = 101 };

static const struct address from4 = {{[10] = 0xff, [11] = 0xff, 10, 7, 1, 1}},
                            to4 = {{[10] = 0xff, [11] = 0xff, 10, 7, 2, 2}};
static const struct address from6 = {{0xfd, 7, [15] = 1}}, to6 = {{0xfd, 7, [15] = 2}};

static void decode(const uint8_t *bytes, size_t length, struct packet *out)
{
    struct decoder *decoder = decoder_new();
    struct frame frame = {.data = bytes, .caplen = (uint32_t)length, .len = (uint32_t)length, .linktype = LINKTYPE_RAW};
    assert_non_null(decoder);
    assert_int_equal(decode_frame(decoder, &frame, out), DECODE_OK);
    decoder_free(decoder);
}

/* RFC 1071: all words with the checksum in them sum up to ffff. */
static uint32_t sum(const uint8_t *bytes, size_t length, uint32_t total)
{
    for (size_t i = 0; i < length; i += 2)
        total += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return total;
}

static uint32_t folded(uint32_t total)
{
    while (total > 0xffff)
        total = (total & 0xffff) + (total >> 16);
    return total;
}

static void packet_is_whole(const struct address *from, const struct address *to, uint8_t flags)
{
    static const uint16_t ports[] = {1, 22, 255, 256, 40503, 65535};
    struct sweep_packet packet;
    assert_true(sweep_packet_make(&packet, from, to, flags));
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        uint8_t bytes[SWEEP_PACKET_MAX];
        struct packet seen;
        size_t address_at = packet.tcp_at - SWEEP_LINK_SIZE == 20 ? 12 : 8, size = packet.end - packet.tcp_at;
        memcpy(bytes, packet.bytes, sizeof bytes);
        sweep_packet_aim(&packet, bytes, 61001, ports[i], 0xfffe0001u * ports[i]);
        decode(bytes + SWEEP_LINK_SIZE, packet.end - SWEEP_LINK_SIZE, &seen);
        assert_int_equal(seen.kind, PACKET_TCP);
        assert_true(address_equal(&seen.src, from) && address_equal(&seen.dst, to));
        assert_int_equal(seen.tcp.src_port, 61001);
        assert_int_equal(seen.tcp.dst_port, ports[i]);
        assert_int_equal(seen.tcp.seq, 0xfffe0001u * ports[i]);
        assert_int_equal(seen.tcp.flags, flags);
        uint32_t pseudo =
            sum(bytes + SWEEP_LINK_SIZE + address_at, packet.tcp_at - SWEEP_LINK_SIZE - address_at, (uint32_t)size + 6);
        assert_int_equal(folded(sum(bytes + packet.tcp_at, size, pseudo)), 0xffff);
        if (address_at == 12)
            assert_int_equal(folded(sum(bytes + SWEEP_LINK_SIZE, 20, 0)), 0xffff);
    }
}

static void packets(void **state)
{
    (void)state;
    packet_is_whole(&from4, &to4, TCP_SYN);
    packet_is_whole(&from4, &to4, TCP_RST);
    packet_is_whole(&from6, &to6, TCP_SYN);
    packet_is_whole(&from6, &to6, TCP_RST);
}

/* ---- Pace ---- */

enum { BURST = 64 };

static struct pace *pace_new(unsigned rate, int64_t rtt_us)
{
    struct pace *pace = calloc(1, sizeof *pace);
    assert_non_null(pace);
    pace_init(pace, rate);
    pace_begin(pace, 0, rtt_us);
    return pace;
}

/* As many bursts as may go at once; answers none. */
static unsigned burst_out(struct pace *pace, int64_t now_us, unsigned from)
{
    unsigned sent = 0;
    while (from + sent < 65536 && pace_may_send(pace, now_us, (uint16_t)(from + sent), BURST))
        sent += BURST;
    return sent;
}

static void rate_is_obeyed(void **state)
{
    (void)state;
    struct pace *pace = pace_new(1000, 200);
    unsigned sent = 0;
    for (int64_t now_us = 0; now_us <= 10000000; now_us += 1000)
        for (; sent < 65536 && pace_may_send(pace, now_us, (uint16_t)sent, 10); sent += 10)
            for (unsigned i = 0; i < 10; i++)
                pace_answered(pace, (uint16_t)(sent + i));
    assert_in_range(sent, 9900, 10020);
    free(pace);
}

/* A mute host gets the modest rate, however much more is allowed. */
static void mute_host(void **state)
{
    (void)state;
    struct pace *pace = pace_new(1000000, 200);
    unsigned sent = 0;
    for (int64_t now_us = 0; now_us <= 1000000; now_us += 100)
        sent += burst_out(pace, now_us, sent);
    assert_in_range(sent, 29000, 36000);
    assert_true(pace->careful);
    free(pace);
}

/* Everything comes back after 50 ms, but only `most` are under way at once without loss. */
static int64_t sweep_over_narrow_path(unsigned most, unsigned *answered)
{
    enum { TRIP_US = 50000, STEP_US = 100 };
    struct pace *pace = pace_new(1000000, TRIP_US);
    static uint16_t returns[10000][4096];
    static unsigned counts[10000];
    unsigned sent = 0, flying = 0, step = 0;
    memset(counts, 0, sizeof counts);
    *answered = 0;
    for (; sent < 65536 && step < 10000 - TRIP_US / STEP_US; step++) {
        for (unsigned i = 0; i < counts[step]; i++, flying--, ++*answered)
            pace_answered(pace, returns[step][i]);
        for (; sent < 65536 && pace_may_send(pace, (int64_t)step * STEP_US, (uint16_t)sent, BURST); sent += BURST)
            for (unsigned i = 0; i < BURST && flying < most; i++, flying++) {
                unsigned back = step + TRIP_US / STEP_US;
                returns[back][counts[back]++] = (uint16_t)(sent + i);
            }
    }
    free(pace);
    return (int64_t)step * STEP_US;
}

static void narrow_path(void **state)
{
    (void)state;
    unsigned answered;
    int64_t took_us = sweep_over_narrow_path(4000, &answered); /* 80,000 a second: 0.82 s at the very best */
    assert_in_range(took_us, 300000, 2000000);
    assert_in_range(answered, 65536 / 2, 65536);
    took_us = sweep_over_narrow_path(65536, &answered);
    assert_in_range(took_us, 50000, 400000); /* the window doubles in each round trip */
}

/* Two senders: one is late with its share of a span that was judged already. */
static void late_share(void **state)
{
    (void)state;
    struct pace *pace = pace_new(1000000, 200);
    assert_true(pace_may_send(pace, 0, 0, BURST));
    for (unsigned i = 0; i < BURST; i++)
        pace_answered(pace, (uint16_t)i);
    assert_true(pace_may_send(pace, 1000, 3 * PACE_SPAN, BURST));
    assert_true(pace_may_send(pace, 2000, BURST, BURST)); /* of the first span */
    assert_int_equal(pace->under_way, 2 * BURST);
    assert_true(pace_may_send(pace, 1000000, 4 * PACE_SPAN, BURST));
    assert_int_equal(pace->under_way, BURST); /* the others count as lost, each once */
    for (unsigned i = 0; i < BURST; i++)
        pace_answered(pace, (uint16_t)(4 * PACE_SPAN + i));
    assert_int_equal(pace->under_way, 0);
    free(pace);
}

/* Greetings wait only where the host is near, and only for as long as a sweep of it takes. */
static void brief_where_near(void **state)
{
    static const struct {
        int64_t rtt_us, now_us;
        bool brief;
    } cases[] = {{200, 0, true}, {200, 240000, true}, {200, 250000, false}, {0, 0, false}, {10000, 0, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pace *pace = pace_new(1000000, cases[i].rtt_us);
        assert_int_equal(pace_is_brief(pace, cases[i].now_us), cases[i].brief);
        free(pace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets),     cmocka_unit_test(rate_is_obeyed), cmocka_unit_test(mute_host),
        cmocka_unit_test(narrow_path), cmocka_unit_test(late_share),     cmocka_unit_test(brief_where_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
