/* IP, its fragments, and the tunnels within it. */
#include "test_decode_harness.h"

/* IP */

static void ipv4_options(void **state)
{
    (void)state;
    b->len = 0;
    build_text(b, "hello");
    build_tcp(b, TCP_SYN);
    build_ipv4_options(b, 6, 40);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_int_equal(p.ip_payload_len, 25);
    assert_int_equal(p.tcp.payload_len, 5);
    assert_memory_equal(p.tcp.payload, "hello", 5);
}

static void ip_length_left_to_offload(void **state)
{
    (void)state;
    b->len = 0;
    push(b, 3000);
    build_tcp(b, TCP_SYN);
    put16(build_ipv4(b, 6) + 2, 0);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_int_equal(p.tcp.payload_len, 3000);
    b->len = 0;
    push(b, 3000);
    build_tcp(b, TCP_SYN);
    put16(build_ipv6(b, 6) + 4, 0);
    p = decode_ok(RAW);
    assert_syn(&p, 6);
    assert_int_equal(p.tcp.payload_len, 3000);
}

static void ip_header_lies(void **state)
{
    struct packet p;
    (void)state;
    build_syn4(b);
    built(b)[0] = 0x44;
    assert_int_equal(decode(228, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    build_syn4(b);
    put16(built(b) + 2, 19);
    assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    build_syn4(b);
    put16(built(b) + 2, 1500); /* more than the frame had: what is there is read, and said to be cut */
    assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
    assert_syn(&p, 4);
    assert_int_equal(p.tcp.payload_captured, 0);
    build_syn6(b);
    put16(built(b) + 4, 1500);
    assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
    assert_syn(&p, 6);
    build_syn4(b); /* version 4 behind IPv6's EtherType */
    build_ethernet(b, 0x86dd);
    append_zeros(b, 20);
    assert_int_equal(decode(ETHERNET, &p), DECODE_TRUNCATED);
}

static void ipv6_extension_headers(void **state)
{
    (void)state;
    b->len = 0;
    build_tcp(b, TCP_SYN);
    build_extension(b, 6, 2);  /* destination options */
    push(b, 24)[0] = 60;       /* authentication header */
    built(b)[1] = 4;           /* words of four bytes, less two */
    build_extension(b, 51, 3); /* routing, no stops left */
    build_extension(b, 43, 1); /* hop by hop */
    build_ipv6(b, 0);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 6);
    assert_int_equal(p.ip_payload_len, 20);
}

static void ipv6_routing_on_the_way(void **state)
{
    (void)state;
    b->len = 0;
    build_tcp(b, TCP_SYN);
    build_extension(b, 6, 3)[3] = 1;
    build_ipv6(b, 43);
    assert_int_equal(decode_ok(RAW).kind, PACKET_OTHER);
}

static void ipv6_extension_headers_without_end(void **state)
{
    struct packet p;
    (void)state;
    b->len = 0;
    build_tcp(b, TCP_SYN);
    build_extension(b, 6, 1);
    for (int i = 0; i < 30; i++)
        build_extension(b, 60, 1);
    build_ipv6(b, 60);
    assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_OTHER);
}

static void ipv4_authentication_header(void **state)
{
    (void)state;
    b->len = 0;
    build_tcp(b, TCP_SYN);
    push(b, 24)[0] = 6;
    built(b)[1] = 4;
    build_ipv4(b, 51);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_int_equal(p.ip_payload_len, 20);
}

static void other_protocol(void **state)
{
    (void)state;
    b->len = 0;
    push(b, 30);
    build_ipv4(b, 132);
    struct packet p = decode_ok(RAW);
    assert_int_equal(p.kind, PACKET_OTHER);
    assert_int_equal(p.ip_payload_len, 30);
    assert_address(&p.dst, "10.7.2.2");
}

/* Fragments */

static uint8_t datagram[4000];
static size_t datagram_len;

/* A TCP segment of 2 020 bytes, as the payload of the datagram that the tests below cut up. */
static void datagram_make(uint8_t protocol_of_inner)
{
    b->len = 0;
    for (int i = 0; i < 2000; i++)
        push(b, 1)[0] = (uint8_t)i;
    if (protocol_of_inner == 6)
        build_tcp(b, TCP_SYN);
    datagram_len = b->len;
    memcpy(datagram, built(b), datagram_len);
}

static void fragment4(uint32_t offset, uint32_t len, uint16_t id, uint8_t ttl)
{
    b->len = 0;
    push_bytes(b, datagram + offset, len);
    uint8_t *h = build_ipv4(b, 6);
    put16(h + 4, id);
    put16(h + 6, offset / 8 | (offset + len < datagram_len ? 0x2000 : 0));
    h[8] = ttl;
}

static void fragment6(uint32_t offset, uint32_t len, uint32_t id)
{
    b->len = 0;
    push_bytes(b, datagram + offset, len);
    build_ipv6_fragment(b, 6, offset, offset + len < datagram_len, id);
    build_ipv6(b, 44);
}

static struct packet decode_fragment(void)
{
    struct packet p = decode_ok(RAW);
    if (p.kind == PACKET_OTHER)
        assert_true(p.fragment);
    return p;
}

static void assert_whole(const struct packet *p)
{
    assert_int_equal(p->kind, PACKET_TCP);
    assert_false(p->fragment);
    assert_int_equal(p->ttl, 61);
    assert_int_equal(p->ip_payload_len, datagram_len);
    assert_int_equal(p->tcp.payload_len, 2000);
    assert_int_equal(p->tcp.payload_captured, 2000);
    assert_memory_equal(p->tcp.header, datagram, datagram_len);
}

static void fragments_in_any_order(void **state)
{
    static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const uint32_t starts[] = {0, 800, 1600, 2020};
    (void)state;
    datagram_make(6);
    for (uint16_t order = 0; order < 6; order++)
        for (int version = 4; version <= 6; version += 2)
            for (int i = 0; i < 3; i++) {
                uint32_t start = starts[orders[order][i]], len = starts[orders[order][i] + 1] - start;
                if (version == 4)
                    fragment4(start, len, (uint16_t)(100 + order), start ? 7 : 61);
                else
                    fragment6(start, len, 100u + order);
                struct packet p = decode_fragment();
                if (i < 2)
                    assert_int_equal(p.kind, PACKET_OTHER);
                else
                    assert_whole(&p);
            }
}

static void fragments_seen_twice(void **state)
{
    static const uint32_t starts[] = {0, 800, 1600, 2020};
    int whole = 0;
    (void)state;
    datagram_make(6);
    for (int round = 0; round < 3; round++) /* the identification comes round again, with other bytes */
        for (int i = 0; i < 6; i++) {
            datagram[100] = datagram[900] = datagram[1700] = (uint8_t)round;
            fragment4(starts[i / 2], starts[i / 2 + 1] - starts[i / 2], 200, 61);
            struct packet p = decode_fragment();
            if (p.kind == PACKET_TCP) {
                assert_whole(&p);
                whole++;
            }
        }
    assert_int_equal(whole, 3);
}

static void fragments_that_overlap(void **state)
{
    (void)state;
    datagram_make(6);
    fragment4(0, 800, 300, 61);
    decode_fragment();
    fragment4(792, 808, 300, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    fragment4(800, 800, 300, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    fragment4(1600, 420, 300, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);

    fragment4(800, 800, 302, 61);
    decode_fragment();
    fragment4(0, 808, 302, 61);
    decode_fragment();
    fragment4(1608, 412, 302, 61); /* as many bytes as there should be, with a hole */
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);

    fragment4(0, 1600, 301, 61); /* the same place, other bytes */
    decode_fragment();
    datagram[50] ^= 1;
    fragment4(0, 1600, 301, 61);
    decode_fragment();
    fragment4(1600, 420, 301, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
}

static void fragments_beyond_the_end(void **state)
{
    (void)state;
    datagram_make(6);
    fragment4(1600, 420, 310, 61); /* the last */
    decode_fragment();
    fragment4(0, 800, 310, 61);
    put16(built(b) + 6, 0x2000 | 300);
    decode_fragment();
    fragment4(0, 1600, 310, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);

    for (uint16_t id = 500; id < 600; id++) { /* past 64 KB, in every place of the table */
        fragment4(0, 800, id, 61);
        put16(built(b) + 6, 0x3fff);
        assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    }
}

/* Only the last may have a length that is no multiple of eight; another counts as not sent. */
static void fragments_of_odd_length(void **state)
{
    (void)state;
    datagram_make(6);
    fragment4(0, 801, 312, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    fragment4(0, 800, 312, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    fragment4(800, 1220, 312, 61);
    struct packet p = decode_fragment();
    assert_whole(&p);
}

static void fragments_too_old(void **state)
{
    (void)state;
    datagram_make(6);
    fragment4(0, 1600, 320, 61);
    decode_fragment();
    frame_ts_us += 31000000;
    fragment4(1600, 420, 320, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    fragment4(0, 1600, 320, 61);
    struct packet p = decode_fragment();
    assert_whole(&p);
}

static void fragments_evict_the_oldest(void **state)
{
    (void)state;
    datagram_make(6);
    for (uint16_t id = 400; id < 2000; id++) {
        fragment4(0, 1600, id, 61);
        struct packet p;
        assert_int_equal(decode_snap(RAW, b->len, &p), DECODE_OK);
    }
    fragment4(1600, 420, 400, 61);
    assert_int_equal(decode_fragment().kind, PACKET_OTHER);
    fragment4(1600, 420, 1999, 61);
    struct packet p = decode_fragment();
    assert_whole(&p);
}

static void fragments_cut_by_snaplen(void **state)
{
    struct packet p;
    (void)state;
    datagram_make(6);
    fragment4(0, 1600, 330, 61);
    decode_snap(RAW, 96, &p);
    fragment4(1600, 420, 330, 61);
    assert_int_equal(decode_snap(RAW, 96, &p), DECODE_OK);
    assert_int_equal(p.kind, PACKET_TCP);
    assert_int_equal(p.tcp.seq, SEQ);
    assert_int_equal(p.tcp.payload_len, 2000);
    assert_int_equal(p.tcp.payload_captured, 96 - 40);
    assert_int_equal(packet_tcp_checksum(&p), CHECKSUM_UNKNOWN);
}

static void fragment_of_one_piece(void **state)
{
    (void)state;
    b->len = 0;
    build_tcp(b, TCP_SYN);
    build_extension(b, 6, 1);
    build_ipv6_fragment(b, 60, 0, false, 9);
    build_ipv6(b, 44);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 6);
}

static void fragments_of_a_tunnel(void **state)
{
    (void)state;
    b->len = 0;
    push(b, 1000);
    build_tcp(b, TCP_SYN);
    build_ipv4(b, 6);
    PUSH(b, 0, 0, 8, 0);
    datagram_len = b->len;
    memcpy(datagram, built(b), datagram_len);
    fragment4(0, 800, 340, 3);
    built(b)[9] = 47;
    decode_fragment();
    fragment4(800, (uint32_t)datagram_len - 800, 340, 3);
    built(b)[9] = 47;
    struct packet p = decode_fragment();
    assert_syn(&p, 4);
    assert_int_equal(p.tunnel_depth, 1);
    assert_int_equal(p.tcp.payload_len, 1000);
}

/* Tunnels */

static void gre(void **state)
{
    static const uint8_t flags[] = {0, 0x80, 0x20, 0x10, 0xa0, 0xb0};
    static const size_t options[] = {0, 4, 4, 4, 8, 12};
    (void)state;
    for (size_t i = 0; i < sizeof flags; i++) {
        build_syn6(b);
        push(b, options[i]);
        PUSH(b, flags[i], 0, 0x86, 0xdd);
        build_ipv4(b, 47);
        struct packet p = decode_ok(RAW);
        assert_syn(&p, 6);
        assert_int_equal(p.tunnel_depth, 1);
    }
    build_syn4(b);
    build_ethernet(b, 0x0800);
    PUSH(b, 0, 0, 0x65, 0x58);
    build_ipv6(b, 47);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_non_null(packet_src_mac(&p));
    build_syn4(b);
    build_ethernet(b, 0x0800);
    push(b, 8 + 4); /* ERSPAN type II behind a sequence number */
    PUSH(b, 0x10, 0, 0x88, 0xbe);
    build_ipv4(b, 47);
    p = decode_ok(RAW);
    assert_syn(&p, 4);
}

static void assert_outer(const struct packet *p)
{
    assert_int_equal(p->kind, PACKET_OTHER);
    assert_int_equal(p->ip_version, 4);
    assert_address(&p->src, "10.7.1.2");
    assert_int_equal(p->tunnel_depth, 0);
}

static void gre_that_cannot_be_opened(void **state)
{
    (void)state;
    build_syn4(b);
    PUSH(b, 0, 1, 8, 0); /* version 1 */
    build_ipv4(b, 47);
    struct packet p = decode_ok(RAW);
    assert_outer(&p);
    build_syn4(b);
    PUSH(b, 0, 0, 0x86, 0xdd); /* says IPv6 */
    build_ipv4(b, 47);
    p = decode_ok(RAW);
    assert_outer(&p);
    b->len = 0;
    push(b, 30);
    PUSH(b, 0, 0, 0x12, 0x34);
    build_ipv4(b, 47);
    p = decode_ok(RAW);
    assert_outer(&p);
}

static void ip_in_ip(void **state)
{
    (void)state;
    build_syn4(b);
    build_ipv4(b, 4);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_int_equal(p.tunnel_depth, 1);
    build_syn6(b);
    build_ipv4(b, 41);
    p = decode_ok(RAW);
    assert_syn(&p, 6);
    build_syn4(b);
    build_ipv6(b, 4);
    p = decode_ok(RAW);
    assert_syn(&p, 4);
}

static void tunnels_nest_up_to_a_bound(void **state)
{
    (void)state;
    build_syn4(b);
    for (int i = 0; i < 4; i++)
        build_ipv4(b, 4);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_int_equal(p.tunnel_depth, 4);
    build_ipv4(b, 4);
    p = decode_ok(RAW);
    assert_int_equal(p.kind, PACKET_OTHER);
    assert_int_equal(p.ip_version, 4);
}

static void vxlan(void **state)
{
    static const uint16_t ports[] = {4789, 8472};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        build_syn4(b);
        build_ethernet(b, 0x0800);
        PUSH(b, 8, 0, 0, 0, 0, 0, 42, 0);
        build_udp(b, 50000, ports[i]);
        build_ipv6(b, 17);
        struct packet p = decode_ok(RAW);
        assert_syn(&p, 4);
        assert_int_equal(p.tunnel_depth, 1);
        assert_int_equal(packet_src_mac(&p)[5], 0x50);
    }
    b->len = 0;
    push(b, 46);
    build_ethernet(b, 0x88cc);
    PUSH(b, 8, 0, 0, 0, 0, 0, 42, 0);
    build_udp(b, 50000, 4789);
    build_ipv4(b, 17);
    struct packet p = decode_ok(RAW);
    assert_outer(&p);
    assert_null(packet_src_mac(&p));
    b->len = 0;
    build_text(b, "no tunnel");
    build_udp(b, 50000, 4789);
    build_ipv4(b, 17);
    p = decode_ok(RAW);
    assert_outer(&p);
}

static void geneve(void **state)
{
    (void)state;
    build_syn4(b);
    build_ethernet(b, 0x0800);
    push(b, 8);
    PUSH(b, 2, 0, 0x65, 0x58, 0, 0, 42, 0);
    build_udp(b, 50000, 6081);
    build_ipv4(b, 17);
    struct packet p = decode_ok(RAW);
    assert_syn(&p, 4);
    assert_int_equal(p.tunnel_depth, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_options),
        cmocka_unit_test(ip_length_left_to_offload),
        cmocka_unit_test(ip_header_lies),
        cmocka_unit_test(ipv6_extension_headers),
        cmocka_unit_test(ipv6_routing_on_the_way),
        cmocka_unit_test(ipv6_extension_headers_without_end),
        cmocka_unit_test(ipv4_authentication_header),
        cmocka_unit_test(other_protocol),
        cmocka_unit_test(fragments_in_any_order),
        cmocka_unit_test(fragments_seen_twice),
        cmocka_unit_test(fragments_that_overlap),
        cmocka_unit_test(fragments_beyond_the_end),
        cmocka_unit_test(fragments_of_odd_length),
        cmocka_unit_test(fragments_too_old),
        cmocka_unit_test(fragments_evict_the_oldest),
        cmocka_unit_test(fragments_cut_by_snaplen),
        cmocka_unit_test(fragment_of_one_piece),
        cmocka_unit_test(fragments_of_a_tunnel),
        cmocka_unit_test(gre),
        cmocka_unit_test(gre_that_cannot_be_opened),
        cmocka_unit_test(ip_in_ip),
        cmocka_unit_test(tunnels_nest_up_to_a_bound),
        cmocka_unit_test(vxlan),
        cmocka_unit_test(geneve),
        cmocka_unit_test(flipped_bits), /* last: it flips the frames of all others */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
