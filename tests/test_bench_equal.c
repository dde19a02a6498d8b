/* The fast ways give what the plain ones give: our source and libpcap the same frames of every capture in pcaps/, and a
 * quick parse of a frame says what decoding it whole says. */
#include <glob.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>

#include "track/fast/quick_parse.h"

#ifndef PCAPS
#define PCAPS "pcaps" /* the Makefile gives the whole path */
#endif

static void compare_frame(const char *path, const struct frame *frame, const struct pcap_pkthdr *header,
                          const u_char *data)
{
    int64_t ts_us = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec;
    if (frame->caplen != header->caplen || frame->len != header->len || frame->ts_us != ts_us ||
        memcmp(frame->data, data, frame->caplen) != 0)
        fail_msg("%s: frame %lu differs", path, (unsigned long)frame->number);
}

/* False where libpcap cannot read it: compressed, or with interfaces of several link types. */
static bool compare_file(const char *path)
{
    char pcap_error[PCAP_ERRBUF_SIZE], error[SOURCE_ERROR_SIZE];
    pcap_t *theirs = pcap_open_offline(path, pcap_error);
    if (theirs == NULL)
        return false;
    struct source *ours = source_open_file(path, NULL, error);
    if (ours == NULL)
        fail_msg("%s", error);
    struct pcap_pkthdr *header;
    const u_char *data;
    struct frame frame;
    int result;
    while ((result = pcap_next_ex(theirs, &header, &data)) == 1) {
        if (source_next(ours, &frame) != SOURCE_FRAME)
            fail_msg("%s: ends after frame %lu: %s", path, (unsigned long)frame.number, source_error(ours));
        compare_frame(path, &frame, header, data);
    }
    if (result == PCAP_ERROR_BREAK)
        assert_int_equal(source_next(ours, &frame), SOURCE_END);
    source_close(ours);
    pcap_close(theirs);
    return true;
}

static void our_frames_are_libpcaps(void **state)
{
    glob_t found;
    size_t compared = 0;
    (void)state;
    assert_int_equal(glob(PCAPS "/*.pcap*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        compared += compare_file(found.gl_pathv[i]);
    globfree(&found);
    assert_true(compared > 0);
}

static bool opens_or_refuses(const struct packet *p)
{
    uint8_t what = p->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
    return p->kind == PACKET_TCP && p->tcp.payload_len == 0 && (what == TCP_SYN || what == (TCP_RST | TCP_ACK));
}

static bool is_udp_or_plain_tcp(const struct packet *p)
{
    if (p->kind == PACKET_OTHER)
        return true;
    bool ssh = p->kind == PACKET_TCP && p->tcp.payload_captured >= 4 && memcmp(p->tcp.payload, "SSH-", 4) == 0;
    return p->kind == PACKET_TCP && !ssh && !(p->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

static void compare_quick_parse(struct decoder *decoder, const struct frame *frame)
{
    struct quick g;
    struct packet p;
    if (!quick_parse(frame, &g))
        return;
    assert_int_equal(decode_frame(decoder, frame, &p), DECODE_OK);
    assert_true(g.opening ? opens_or_refuses(&p) : is_udp_or_plain_tcp(&p));
    assert_int_equal(g.is_tcp, p.kind == PACKET_TCP);
    assert_memory_equal(&g.src, &p.src, sizeof g.src);
    assert_memory_equal(&g.dst, &p.dst, sizeof g.dst);
    assert_memory_equal(g.src_mac, packet_src_mac(&p), 6);
    if (g.is_tcp) {
        assert_int_equal(g.src_port, p.tcp.src_port);
        assert_int_equal(g.dst_port, p.tcp.dst_port);
    }
    if (g.opening) {
        assert_int_equal(g.flags, p.tcp.flags);
        assert_int_equal(g.seq, p.tcp.seq);
        assert_int_equal(g.ack, p.tcp.ack);
        assert_int_equal(g.ttl, p.ttl);
        assert_int_equal(g.tos, p.tos);
    }
}

/* Whole, and cut to every length that a header can end at. */
static void a_glance_tells_no_lies(void **state)
{
    glob_t found;
    char error[SOURCE_ERROR_SIZE];
    struct decoder *decoder = decoder_new();
    (void)state;
    assert_int_equal(glob(PCAPS "/*.pcap*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct source *source = source_open_file(found.gl_pathv[i], NULL, error);
        struct frame frame;
        while (source != NULL && source_next(source, &frame) == SOURCE_FRAME) {
            uint32_t whole = frame.caplen;
            for (frame.caplen = 0; frame.caplen < whole && frame.caplen < 96; frame.caplen++)
                compare_quick_parse(decoder, &frame);
            frame.caplen = whole;
            compare_quick_parse(decoder, &frame);
        }
        source_close(source);
    }
    globfree(&found);
    decoder_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_frames_are_libpcaps),
        cmocka_unit_test(a_glance_tells_no_lies),
    };
    return cmocka_run_group_tests_name("bench_equal", tests, NULL, NULL);
}
