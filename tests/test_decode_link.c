/* Link types, from the capture's own header to IP. */
#include "test_decode_harness.h"

static void ethernet(void **state)
{
    (void)state;
    build_syn4(b);
    build_ethernet(b, 0x0800);
    struct packet p = decode_ok(ETHERNET);
    assert_syn(&p, 4);
    assert_int_equal(packet_link_receiver(&p), RECEIVER_ONE);
    assert_memory_equal(packet_src_mac(&p), ((uint8_t[]){2, 0, 0, 0, 0, 0x50}), 6);
    assert_memory_equal(packet_dst_mac(&p), ((uint8_t[]){2, 0, 0, 0, 0, 0xd0}), 6);
    assert_int_equal(p.ip_payload_len, 20);
    assert_int_equal(p.direction, DIRECTION_UNKNOWN);
    assert_int_equal(p.tunnel_depth, 0);
    assert_int_equal(p.number, frame_number);
    assert_false(p.cut);
    assert_false(p.tcp.has_options);
    assert_int_equal(p.tcp.mss, 0);
    build_syn6(b);
    build_ethernet(b, 0x86dd);
    p = decode_ok(ETHERNET);
    assert_syn(&p, 6);
}

static void whom_an_ethernet_frame_is_for(void **state)
{
    static const struct {
        uint8_t dst_mac[6];
        enum link_receiver receiver;
    } frames[] = {
        {{2, 0, 0, 0, 0, 0xd0}, RECEIVER_ONE},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, RECEIVER_GROUP},
        {{0x33, 0x33, 0xff, 0, 0, 1}, RECEIVER_GROUP},
        {{0, 0, 0, 0, 0, 0}, RECEIVER_UNKNOWN}, /* loopback */
    };
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        build_syn4(b);
        build_ethernet(b, 0x0800);
        memcpy(built(b), frames[i].dst_mac, 6);
        struct packet p = decode_ok(ETHERNET);
        assert_int_equal(packet_link_receiver(&p), frames[i].receiver);
    }
}

static void ethernet_padding_is_no_payload(void **state)
{
    (void)state;
    build_syn4(b);
    build_ethernet(b, 0x0800);
    append_zeros(b, 6);
    struct packet p = decode_ok(ETHERNET);
    assert_syn(&p, 4);
    assert_int_equal(p.tcp.payload_len, 0);
    assert_int_equal(p.tcp.payload_captured, 0);
    assert_int_equal(p.tcp.header_captured, 20);
}

static void vlan_tags(void **state)
{
    static const uint16_t tags[] = {0x8100, 0x88a8, 0x9100};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        build_syn4(b);
        build_vlan(b, 0x0800);
        build_vlan(b, 0x8100);
        build_ethernet(b, tags[i]);
        struct packet p = decode_ok(ETHERNET);
        assert_syn(&p, 4);
    }
}

static void vlan_tags_without_end(void **state)
{
    (void)state;
    build_syn4(b);
    build_vlan(b, 0x0800);
    for (int i = 0; i < 40; i++)
        build_vlan(b, 0x8100);
    build_ethernet(b, 0x8100);
    assert_int_equal(decode_ok(ETHERNET).kind, PACKET_NOT_IP);
}

static void llc_and_snap(void **state)
{
    (void)state;
    build_syn4(b);
    PUSH(b, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0);
    build_ethernet(b, (uint16_t)b->len);
    append_zeros(b, 10);
    struct packet p = decode_ok(ETHERNET);
    assert_syn(&p, 4);
    build_syn4(b);
    PUSH(b, 6, 6, 3);
    build_ethernet(b, (uint16_t)b->len);
    p = decode_ok(ETHERNET);
    assert_syn(&p, 4);
    b->len = 0; /* a spanning tree frame */
    PUSH(b, 0x42, 0x42, 3, 0, 0, 0, 0, 0, 0, 0);
    build_ethernet(b, 10);
    assert_int_equal(decode_ok(ETHERNET).kind, PACKET_NOT_IP);
}

static void cooked(void **state)
{
    static const enum packet_direction direction[] = {DIRECTION_IN, DIRECTION_IN, DIRECTION_IN, DIRECTION_UNKNOWN,
                                                      DIRECTION_OUT};
    static const enum link_receiver receiver[] = {RECEIVER_ONE, RECEIVER_GROUP, RECEIVER_GROUP, RECEIVER_ONE,
                                                  RECEIVER_UNKNOWN};
    (void)state;
    for (uint8_t type = 0; type <= 4; type++) {
        build_syn4(b);
        PUSH(b, 0, type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x50, 0, 0, 8, 0);
        struct packet p = decode_ok(113);
        assert_syn(&p, 4);
        assert_int_equal(p.direction, direction[type]);
        assert_non_null(packet_src_mac(&p));
        assert_null(packet_dst_mac(&p));
        assert_int_equal(packet_link_receiver(&p), receiver[type]);
        assert_int_equal(packet_src_mac(&p)[5], 0x50);

        build_syn6(b);
        PUSH(b, 0x86, 0xdd, 0, 0, 0, 0, 0, 7, 0, 1, type, 6, 2, 0, 0, 0, 0, 0x50, 0, 0);
        p = decode_ok(276);
        assert_syn(&p, 6);
        assert_int_equal(p.direction, direction[type]);
        assert_int_equal(p.interface, 7);
        assert_int_equal(packet_link_receiver(&p), receiver[type]);
        assert_null(packet_dst_mac(&p));
        assert_non_null(packet_src_mac(&p));
        assert_int_equal(packet_src_mac(&p)[5], 0x50);
    }
}

static void cooked_without_ethernet_address(void **state)
{
    (void)state;
    build_syn4(b);
    PUSH(b, 0, 0, 3, 10, 0, 4, 10, 0, 0, 1, 0, 0, 0, 0, 8, 0);
    struct packet p = decode_ok(113);
    assert_syn(&p, 4);
    assert_null(packet_src_mac(&p));
    build_syn4(b);
    PUSH(b, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0);
    PUSH(b, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x50, 0, 0, 0, 4);
    p = decode_ok(113);
    assert_syn(&p, 4);
}

static void raw_ip(void **state)
{
    static const int types4[] = {101, 228, 12, 14}, types6[] = {101, 229, 12, 14};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        build_syn4(b);
        struct packet p = decode_ok(types4[i]);
        assert_syn(&p, 4);
        assert_null(packet_src_mac(&p));
        assert_null(packet_dst_mac(&p));
        assert_int_equal(packet_link_receiver(&p), RECEIVER_UNKNOWN);
        build_syn6(b);
        p = decode_ok(types6[i]);
        assert_syn(&p, 6);
    }
}

static void loopback(void **state)
{
    static const uint8_t families6[] = {10, 24, 28, 30};
    (void)state;
    build_syn4(b);
    PUSH(b, 0, 0, 0, 2);
    struct packet p = decode_ok(108);
    assert_syn(&p, 4);
    build_syn4(b);
    PUSH(b, 2, 0, 0, 0);
    p = decode_ok(0);
    assert_syn(&p, 4);
    for (size_t i = 0; i < sizeof families6; i++) {
        build_syn6(b);
        PUSH(b, families6[i], 0, 0, 0);
        p = decode_ok(0);
        assert_syn(&p, 6);
        build_syn6(b);
        PUSH(b, 0, 0, 0, families6[i]);
        p = decode_ok(0);
        assert_syn(&p, 6);
    }
}

static void ppp(void **state)
{
    (void)state;
    build_syn4(b);
    PUSH(b, 0xff, 3, 0, 0x21);
    struct packet p = decode_ok(9);
    assert_syn(&p, 4);
    p = decode_ok(50);
    assert_syn(&p, 4);
    build_syn4(b);
    PUSH(b, 0x21);
    p = decode_ok(9);
    assert_syn(&p, 4);
    build_syn6(b);
    PUSH(b, 0, 0x57);
    p = decode_ok(9);
    assert_syn(&p, 6);
    build_syn4(b);
    PUSH(b, 0x0f, 0, 8, 0);
    p = decode_ok(50);
    assert_syn(&p, 4);
    p = decode_ok(104);
    assert_syn(&p, 4);
}

static void pppoe(void **state)
{
    (void)state;
    build_syn4(b);
    PUSH(b, 0x11, 0, 0, 9, 0, 42, 0, 0x21);
    struct packet p = decode_ok(51);
    assert_syn(&p, 4);
    build_ethernet(b, 0x8864);
    append_zeros(b, 4);
    p = decode_ok(ETHERNET);
    assert_syn(&p, 4);
    build_syn4(b);
    PUSH(b, 0x11, 9, 0, 0, 0, 42, 0, 0x21); /* discovery */
    assert_int_equal(decode_ok(51).kind, PACKET_NOT_IP);
}

static void mpls(void **state)
{
    (void)state;
    build_syn6(b);
    PUSH(b, 0, 1, 0, 64, 0, 1, 1, 64);
    build_ethernet(b, 0x8847);
    struct packet p = decode_ok(ETHERNET);
    assert_syn(&p, 6);
    build_syn4(b);
    PUSH(b, 0, 1, 1, 64);
    build_ethernet(b, 0x8848);
    p = decode_ok(ETHERNET);
    assert_syn(&p, 4);
    build_syn4(b);
    for (int i = 0; i < 40; i++)
        PUSH(b, 0, 1, 0, 64);
    build_ethernet(b, 0x8847);
    assert_int_equal(decode_ok(ETHERNET).kind, PACKET_NOT_IP);
}

static void unknown_link_type(void **state)
{
    struct packet p;
    (void)state;
    build_syn4(b);
    assert_int_equal(decode(147, &p), DECODE_UNKNOWN_LINKTYPE);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    assert_false(decode_knows_linktype(147));
    assert_true(decode_knows_linktype(ETHERNET));
    assert_true(decode_knows_linktype(276));
}

static void not_ip(void **state)
{
    (void)state;
    b->len = 0;
    push(b, 46);
    build_ethernet(b, 0x88cc);
    assert_int_equal(decode_ok(ETHERNET).kind, PACKET_NOT_IP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet),     cmocka_unit_test(ethernet_padding_is_no_payload),
        cmocka_unit_test(vlan_tags),    cmocka_unit_test(vlan_tags_without_end),
        cmocka_unit_test(llc_and_snap), cmocka_unit_test(whom_an_ethernet_frame_is_for),
        cmocka_unit_test(cooked),       cmocka_unit_test(cooked_without_ethernet_address),
        cmocka_unit_test(raw_ip),       cmocka_unit_test(loopback),
        cmocka_unit_test(ppp),          cmocka_unit_test(pppoe),
        cmocka_unit_test(mpls),         cmocka_unit_test(unknown_link_type),
        cmocka_unit_test(not_ip),       cmocka_unit_test(flipped_bits), /* last: it flips the frames of all others */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
