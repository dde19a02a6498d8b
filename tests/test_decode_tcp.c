/* TCP's header, options and checksum. */
#include "test_decode_harness.h"

/* TCP */

static void tcp_options(void **state)
{
    static const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7};
    static const uint8_t data[] = {1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9};
    (void)state;
    b->len = 0;
    build_tcp_options(b, TCP_SYN, syn, sizeof syn);
    build_ipv4(b, 6);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_true(p.tcp.has_options && p.tcp.has_timestamps && p.tcp.has_sack_permitted && p.tcp.has_window_scale);
    assert_int_equal(p.tcp.mss, 1460);
    assert_int_equal(p.tcp.ts_value, 7);
    assert_int_equal(p.tcp.ts_echo, 9);
    b->len = 0;
    build_text(b, "SSH-2.0-");
    build_tcp_options(b, TCP_ACK | TCP_PSH, data, sizeof data);
    build_ipv4(b, 6);
    p = decode_ok(RAW);
    assert_true(p.tcp.has_options && p.tcp.has_timestamps);
    assert_false(p.tcp.has_sack_permitted || p.tcp.has_window_scale || p.tcp.mss);
    assert_int_equal(p.tcp.ts_value, 7);
    assert_int_equal(p.tcp.ts_echo, 9);
    assert_int_equal(p.tcp.payload_len, 8);
    assert_memory_equal(p.tcp.payload, "SSH-2.0-", 8);
}

static void tcp_options_that_lie(void **state)
{
    static const uint8_t options[][4] = {{2, 0, 0, 0},   {2, 1, 5, 5}, {8, 10, 0, 0},
                                         {3, 255, 1, 1}, {1, 1, 1, 2}, {0, 2, 4, 5}};
    static const uint8_t wrong_sizes[] = {2, 3, 5, 3, 4, 7, 7, 4, 3, 0, 0, 0, 8, 4, 1, 1};
    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        b->len = 0;
        build_tcp_options(b, TCP_SYN, options[i], 4);
        build_ipv4(b, 6);
        struct packet p = decode_ok(RAW);
        assert_syn(&p, 4);
        assert_false(p.tcp.mss || p.tcp.has_timestamps || p.tcp.has_window_scale);
    }
    b->len = 0;
    build_tcp_options(b, TCP_SYN, wrong_sizes, sizeof wrong_sizes);
    build_ipv4(b, 6);
    struct packet p = decode_ok(RAW);
    assert_false(p.tcp.mss || p.tcp.has_timestamps || p.tcp.has_window_scale || p.tcp.has_sack_permitted);
}

static void tcp_data_offset_lies(void **state)
{
    static const uint8_t offsets[] = {0, 0x40, 0x60, 0xf0};
    struct packet p;
    (void)state;
    for (size_t i = 0; i < sizeof offsets; i++) {
        b->len = 0;
        build_tcp(b, TCP_SYN)[12] = offsets[i];
        build_ipv4(b, 6);
        assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
        assert_int_equal(p.kind, PACKET_OTHER);
        assert_address(&p.dst, "10.7.2.2");
    }
}

static void tcp_options_cut_by_snaplen(void **state)
{
    static const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7};
    struct packet p;
    (void)state;
    b->len = 0;
    build_tcp_options(b, TCP_SYN, syn, sizeof syn);
    build_ipv4(b, 6);
    assert_int_equal(decode_snap(RAW, 46, &p), DECODE_TRUNCATED);
    assert_syn(&p, 4);
    assert_true(p.cut && p.tcp.has_options && p.tcp.has_sack_permitted);
    assert_false(p.tcp.has_timestamps);
    assert_int_equal(p.tcp.mss, 1460);
    assert_int_equal(p.tcp.payload_captured, 0);
    assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_UNKNOWN);
}

/* RFC 8684 section 3: the subtype is the option's third byte's upper half. */
static void tcp_multipath(void **state)
{
    static const uint8_t capable[] = {30, 12, 0x00, 0x81, 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t join[] = {30, 12, 0x10, 1, 0xe4, 0x7f, 0x01, 0x42, 9, 9, 9, 9};
    static const uint8_t data[] = {30, 20, 0x20, 5, 9, 9, 9, 9, 0xd1, 0xba, 0x10, 0x60, 0, 0, 0, 42, 0, 41, 8, 0x2f};
    static const uint8_t long_data[] = {30, 26, 0x20, 0x0f, 9, 9, 9, 9, 9, 9, 9, 9, 7, 7,
                                        7,  7,  0,    0,    0, 3, 0, 0, 0, 1, 0, 5, 1, 1};
    static const uint8_t ack_only[] = {30, 8, 0x20, 1, 9, 9, 9, 9};
    static const uint8_t too_short[] = {30, 12, 0x20, 4, 9, 9, 9, 9, 9, 9, 9, 9};
    struct packet p;
    (void)state;
#define DECODE_OPTION(option)                                                                                          \
    b->len = 0;                                                                                                        \
    build_tcp_options(b, TCP_ACK, option, sizeof option);                                                              \
    build_ipv4(b, 6);                                                                                                  \
    assert_int_equal(decode(RAW, &p), DECODE_OK)
    DECODE_OPTION(capable);
    assert_int_equal(p.tcp.multipath.subtype, MULTIPATH_CAPABLE);
    assert_true(p.tcp.multipath.has_key);
    assert_int_equal(p.tcp.multipath.key[7], 8);
    DECODE_OPTION(join);
    assert_int_equal(p.tcp.multipath.subtype, MULTIPATH_JOIN);
    assert_int_equal(p.tcp.multipath.token, 0xe47f0142);
    DECODE_OPTION(data);
    assert_true(p.tcp.multipath.subtype == MULTIPATH_DATA && p.tcp.multipath.has_mapping);
    assert_int_equal(p.tcp.multipath.data_seq, 0xd1ba1060);
    assert_int_equal(p.tcp.multipath.subflow_seq, 42);
    assert_int_equal(p.tcp.multipath.mapping_len, 41);
    DECODE_OPTION(long_data);
    assert_true(p.tcp.multipath.has_mapping);
    assert_int_equal(p.tcp.multipath.data_seq, 3); /* the low half */
    assert_int_equal(p.tcp.multipath.mapping_len, 5);
    DECODE_OPTION(ack_only);
    assert_true(p.tcp.multipath.subtype == MULTIPATH_DATA && !p.tcp.multipath.has_mapping);
    DECODE_OPTION(too_short);
    assert_false(p.tcp.multipath.has_mapping);
    build_syn4(b);
    assert_int_equal(decode(RAW, &p), DECODE_OK);
    assert_int_equal(p.tcp.multipath.subtype, MULTIPATH_NONE);
}

static void tcp_header_cut_by_snaplen(void **state)
{
    struct packet p;
    (void)state;
    for (size_t caplen = 33; caplen < 40;
         caplen++) { /* the flags are the fourteenth byte, the window ends at the sixteenth */
        build_syn4(b);
        assert_int_equal(decode_snap(RAW, caplen, &p), DECODE_TRUNCATED);
        assert_int_equal(p.kind, caplen < 34 ? PACKET_OTHER : PACKET_TCP);
        if (caplen < 34)
            continue;
        assert_int_equal(p.tcp.flags, TCP_SYN);
        assert_int_equal(p.tcp.window, caplen < 36 ? 0 : 64240);
        assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_UNKNOWN);
    }
}

static void payload_cut_by_snaplen(void **state)
{
    struct packet p;
    (void)state;
    b->len = 0;
    push(b, 1000);
    build_tcp(b, TCP_SYN);
    build_ipv4(b, 6);
    assert_int_equal(decode_snap(RAW, 100, &p), DECODE_OK);
    assert_true(p.cut);
    assert_int_equal(p.tcp.payload_len, 1000);
    assert_int_equal(p.tcp.payload_captured, 60);
}

/* Checksums, worked out the plain way: two bytes at a time, as the RFC tells it. */

static uint32_t plain_sum(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    return sum;
}

static uint32_t plain_pseudo_sum(const uint8_t *ip, size_t segment_len)
{
    uint32_t sum = 6 + (uint32_t)segment_len;
    return ip[0] >> 4 == 4 ? plain_sum(sum, ip + 12, 8) : plain_sum(sum, ip + 8, 32);
}

static void checksum_states(void **state)
{
    (void)state;
    for (int version = 4; version <= 6; version += 2)
        for (size_t payload = 0; payload < 40; payload++) {
            b->len = 0;
            for (size_t i = 0; i < payload; i++)
                push(b, 1)[0] = (uint8_t)(i * 37 + 200);
            build_tcp(b, TCP_SYN);
            uint8_t *ip = version == 4 ? build_ipv4(b, 6) : build_ipv6(b, 6);
            uint8_t *tcp = ip + (version == 4 ? 20 : 40);
            uint32_t pseudo = plain_pseudo_sum(ip, 20 + payload);
            struct packet p;
            append_zeros(b, 6); /* which no sum may hold */
            tcp -= 6;

            put16(tcp + 16, 0);
            put16(tcp + 16, ~plain_sum(pseudo, tcp, 20 + payload));
            decode_snap(RAW, b->len, &p);
            assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_WHOLE);
            tcp[17] ^= 1;
            decode_snap(RAW, b->len, &p);
            assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_BAD);
            put16(tcp + 16, pseudo);
            decode_snap(RAW, b->len, &p);
            assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_PARTIAL);
            decode_snap(RAW, b->len - 7, &p);
            assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_UNKNOWN);
        }
}

/* As a Linux kernel put them on a veth pair, which leaves checksums to an interface. Who leaves what differs by
 * version: of the kernel's RST and of netfilter's, it is netfilter's that is partial over IPv4, and the kernel's over
 * IPv6. */
static void checksum_of_real_segments(void **state)
{
    static const struct {
        enum checksum_state expected;
        const char *hex;
    } segments[] = {
        /* SYN */
        {CHECKSUM_PARTIAL, "4500003c7e0f40004006a7e40a6300010a630002ed340016ddf0fb6400000000a002faf014f70000"
                           "020405b40402080aadc4b992000000000103030a"},
        /* closed port */
        {CHECKSUM_WHOLE, "4500002800004000400626080a6300020a6300010016ed3400000000ddf0fb6550140000d4660000"},
        /* reject with tcp reset */
        {CHECKSUM_PARTIAL, "4500002800004000400626080a6300020a63000100178e6600000000507e6ca25014000014e30000"},
        /* SYN, IPv6 */
        {CHECKSUM_PARTIAL, "600b3d3b00280640fd990000000000000000000000000001fd990000000000000000000000000002"
                           "b35e0016ebcaa20f00000000a002fd20fb640000020405a00402080abc95e2b9000000000103030a"},
        /* closed port, IPv6 */
        {CHECKSUM_PARTIAL, "6001aa2f00140640fd990000000000000000000000000002fd990000000000000000000000000001"
                           "0016b35e00000000ebcaa21050140000fb500000"},
        /* reject with tcp reset, IPv6 */
        {CHECKSUM_WHOLE, "6000000000140640fd990000000000000000000000000002fd990000000000000000000000000001"
                         "0017d388000000001fc72258501400009edb0000"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        b->len = 0;
        for (size_t at = strlen(segments[i].hex); at; at -= 2)
            push(b, 1)[0] = (uint8_t)strtoul((char[]){segments[i].hex[at - 2], segments[i].hex[at - 1], 0}, NULL, 16);
        struct packet p = decode_ok(RAW);
        assert_int_equal(p.kind, PACKET_TCP);
        assert_int_equal(packet_tcp_checksum(&p), segments[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_options),
        cmocka_unit_test(tcp_options_that_lie),
        cmocka_unit_test(tcp_data_offset_lies),
        cmocka_unit_test(tcp_options_cut_by_snaplen),
        cmocka_unit_test(tcp_multipath),
        cmocka_unit_test(tcp_header_cut_by_snaplen),
        cmocka_unit_test(payload_cut_by_snaplen),
        cmocka_unit_test(checksum_states),
        cmocka_unit_test(checksum_of_real_segments),
        cmocka_unit_test(flipped_bits), /* last: it flips the frames of all others */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
