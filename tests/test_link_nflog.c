/* NFLOG: the attributes around a packet, in either byte order. */
#include "test_decode_harness.h"

#define NFLOG 239

static bool big_endian;

/* An attribute before what is there: its header, its value, and zeros up to four bytes. */
static void push_attribute(uint16_t type, const void *value, size_t size)
{
    uint16_t length = (uint16_t)(size + 4);
    push(b, (4 - size % 4) % 4);
    push_bytes(b, value, size);
    if (big_endian)
        PUSH(b, (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)(type >> 8), (uint8_t)type);
    else
        PUSH(b, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)type, (uint8_t)(type >> 8));
}

#define PUSH_ATTRIBUTE(type, ...)                                                                                      \
    push_attribute((type), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void make_payload(void)
{
    uint8_t packet[128];
    size_t size = b->len;
    memcpy(packet, built(b), size);
    b->len = 0;
    push_attribute(9, packet, size);
}

static void push_head(uint8_t family)
{
    PUSH(b, family, 0, 0, 5);
}

static void assert_prefix(const struct packet *p, const char *text)
{
    assert_int_equal(p->nflog_prefix_len, strlen(text));
    assert_memory_equal(p->nflog_prefix, text, strlen(text));
}

/* As the kernel sends it: packet header, prefix, interface, MAC address, a time, and the packet last. */
static struct packet decode_input(bool big, int version)
{
    big_endian = big;
    if (version == 4)
        build_syn4(b);
    else
        build_syn6(b);
    make_payload();
    push_attribute(3, (uint8_t[16]){0}, 16);
    PUSH_ATTRIBUTE(8, 0, 6, 0, 0, 2, 0, 0, 0, 0, 0x50, 0, 0);
    PUSH_ATTRIBUTE(4, 0, 0, 0, 7);
    push_attribute(10, "ssh-drop: ", sizeof "ssh-drop: ");
    PUSH_ATTRIBUTE(1, version == 4 ? 8 : 0x86, version == 4 ? 0 : 0xdd, 1, 0);
    push_head(version == 4 ? 2 : 10);
    return decode_ok(NFLOG);
}

static void packet_prefix_and_place(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++)
        for (int version = 4; version <= 6; version += 2) {
            struct packet p = decode_input(big, version);
            assert_syn(&p, version);
            assert_prefix(&p, "ssh-drop: ");
            assert_int_equal(p.direction, DIRECTION_IN);
            assert_int_equal(p.interface, 7);
            assert_int_equal(p.hook, HOOK_INPUT);
            assert_non_null(packet_src_mac(&p));
            assert_null(packet_dst_mac(&p));
            assert_memory_equal(packet_src_mac(&p), ((uint8_t[]){2, 0, 0, 0, 0, 0x50}), 6);
            assert_false(p.cut);
        }
}

/* The address family of a bridge or a device says nothing of the protocol; the packet header does. */
static void protocol_of_other_families(void **state)
{
    (void)state;
    big_endian = false;
    build_syn6(b);
    make_payload();
    PUSH_ATTRIBUTE(1, 0x86, 0xdd, 1, 0);
    push_head(7);
    struct packet p = decode_ok(NFLOG);
    assert_syn(&p, 6);
    assert_int_equal(p.nflog_prefix_len, 0);
    assert_int_equal(p.hook, HOOK_UNKNOWN); /* a bridge's input is not this machine's */
    build_syn4(b);
    make_payload();
    push_head(7); /* and without it there is nothing to go by */
    assert_int_equal(decode_ok(NFLOG).kind, PACKET_NOT_IP);
}

static struct packet decode_between(bool in, bool out)
{
    big_endian = false;
    build_syn4(b);
    make_payload();
    if (out)
        PUSH_ATTRIBUTE(5, 0, 0, 0, 3);
    if (in)
        PUSH_ATTRIBUTE(4, 0, 0, 0, 7);
    push_head(2);
    return decode_ok(NFLOG);
}

static void direction_by_interfaces(void **state)
{
    (void)state;
    struct packet p = decode_between(false, true);
    assert_int_equal(p.direction, DIRECTION_OUT);
    assert_int_equal(p.hook, HOOK_UNKNOWN);
    assert_int_equal(p.interface, 3);
    assert_int_equal(decode_between(true, false).direction, DIRECTION_IN);
    assert_int_equal(decode_between(true, true).direction, DIRECTION_UNKNOWN); /* forwarded */
    assert_int_equal(decode_between(false, false).direction, DIRECTION_UNKNOWN);
}

/* A prefix need not end with a NUL, nor be printable; one that is empty is none. */
static void odd_prefixes(void **state)
{
    static const char longest[200] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    (void)state;
    big_endian = false;
    build_syn4(b);
    make_payload();
    push_attribute(10, "\033[31m", 5);
    push_head(2);
    struct packet p = decode_ok(NFLOG);
    assert_prefix(&p, "\033[31m");
    build_syn4(b);
    make_payload();
    push_attribute(10, "", 1);
    push_head(2);
    assert_int_equal(decode_ok(NFLOG).nflog_prefix_len, 0);
    build_syn4(b);
    make_payload();
    push_attribute(10, longest, sizeof longest);
    push_head(2);
    p = decode_ok(NFLOG);
    assert_prefix(&p, longest);
    build_syn4(b); /* and no prefix is left over from the frame before */
    build_ethernet(b, 0x0800);
    struct packet ethernet = decode_ok(ETHERNET);
    assert_int_equal(ethernet.nflog_prefix_len, 0);
    assert_int_equal(ethernet.hook, HOOK_NONE);
}

/* nftables' `log snaplen 48` leaves out the end of a packet, and only its own length tells so. */
static void rule_cuts_packet(void **state)
{
    uint8_t packet[128];
    (void)state;
    big_endian = false;
    b->len = 0;
    push(b, 30);
    build_tcp(b, TCP_ACK);
    build_ipv4(b, 6);
    memcpy(packet, built(b), 48);
    b->len = 0;
    push_attribute(9, packet, 48);
    push_head(2);
    struct packet p = decode_ok(NFLOG);
    assert_true(p.cut);
    assert_int_equal(p.kind, PACKET_TCP);
    assert_int_equal(p.tcp.payload_len, 30);
    assert_int_equal(p.tcp.payload_captured, 8);
}

static void lies_about_length(void **state)
{
    struct packet p;
    (void)state;
    big_endian = false;
    build_syn4(b);
    make_payload();
    built(b)[0] = 3; /* shorter than its own header */
    push_head(2);
    assert_int_equal(decode(NFLOG, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    build_syn4(b);
    make_payload();
    built(b)[1] = 1; /* beyond the frame */
    push_head(2);
    assert_int_equal(decode(NFLOG, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    build_syn4(b);
    make_payload();
    PUSH(b, 2, 9, 0, 5); /* a version that nobody knows */
    assert_int_equal(decode_ok(NFLOG).kind, PACKET_NOT_IP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packet_prefix_and_place),
        cmocka_unit_test(protocol_of_other_families),
        cmocka_unit_test(direction_by_interfaces),
        cmocka_unit_test(odd_prefixes),
        cmocka_unit_test(rule_cuts_packet),
        cmocka_unit_test(lies_about_length),
        cmocka_unit_test(flipped_bits), /* last: it flips the frames of all others */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
