/* 802.11, bare and behind radiotap, AVS and Prism. */
#include "test_decode_harness.h"

#define WLAN     105
#define PRISM    119
#define RADIOTAP 127
#define AVS      163

#define TO_DS     0x01
#define FROM_DS   0x02
#define MORE      0x04
#define PROTECTED 0x40
#define ORDER     0x80
#define DATA      0x08 /* type data, subtype 0 */
#define QOS_DATA  0x88

#define CLIENT 0x50 /* last bytes of the MAC addresses: the sender, the receiver, two access points */
#define SERVER 0xd0
#define AP     0xa1
#define AP_FAR 0xa2

static void push_mac(uint8_t last)
{
    PUSH(b, 2, 0, 0, 0, 0, last);
}

static void push_snap(uint16_t type)
{
    PUSH(b, 0xaa, 0xaa, 3, 0, 0, 0, (uint8_t)(type >> 8), (uint8_t)type);
}

static void push_header(uint8_t control, uint8_t flags, uint8_t first, uint8_t second, uint8_t third)
{
    PUSH(b, 0x30, 0x12); /* sequence number, fragment 0 */
    push_mac(third);
    push_mac(second);
    push_mac(first);
    PUSH(b, control, flags, 0, 0);
}

static void build_snap_syn(int version)
{
    if (version == 4)
        build_syn4(b);
    else
        build_syn6(b);
    push_snap(version == 4 ? 0x0800 : 0x86dd);
}

static void assert_between(const struct packet *p, uint8_t src, uint8_t dst)
{
    assert_true(p->link_.has_src_mac && p->link_.has_dst_mac);
    assert_memory_equal(p->link_.src_mac, ((uint8_t[]){2, 0, 0, 0, 0, src}), 6);
    assert_memory_equal(p->link_.dst_mac, ((uint8_t[]){2, 0, 0, 0, 0, dst}), 6);
}

/* A frame from the client to its access point. */
static void build_to_ap(void)
{
    build_snap_syn(4);
    push_header(DATA, TO_DS, AP, CLIENT, SERVER);
}

static void three_addresses(void **state)
{
    static const struct {
        uint8_t flags, first, second, third;
    } way[] = {
        {0, SERVER, CLIENT, AP}, /* between stations */
        {TO_DS, AP, CLIENT, SERVER},
        {FROM_DS, SERVER, AP, CLIENT},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int version = 4; version <= 6; version += 2) {
            build_snap_syn(version);
            push_header(DATA, way[i].flags, way[i].first, way[i].second, way[i].third);
            struct packet p = decode_ok(WLAN);
            assert_syn(&p, version);
            assert_between(&p, CLIENT, SERVER);
        }
}

static void four_addresses(void **state)
{
    (void)state;
    build_snap_syn(4);
    push_mac(CLIENT);
    push_header(DATA, TO_DS | FROM_DS, AP_FAR, AP, SERVER);
    struct packet p = decode_ok(WLAN);
    assert_syn(&p, 4);
    assert_between(&p, CLIENT, SERVER);
    build_snap_syn(6);
    PUSH(b, 0, 0);
    push_mac(CLIENT);
    push_header(QOS_DATA, TO_DS | FROM_DS, AP_FAR, AP, SERVER);
    p = decode_ok(WLAN);
    assert_syn(&p, 6);
    assert_between(&p, CLIENT, SERVER);
}

static void quality_of_service(void **state)
{
    (void)state;
    build_snap_syn(4);
    PUSH(b, 6, 0);
    push_header(QOS_DATA, TO_DS, AP, CLIENT, SERVER);
    struct packet p = decode_ok(WLAN);
    assert_syn(&p, 4);
    assert_between(&p, CLIENT, SERVER);
    build_snap_syn(4);
    PUSH(b, 6, 0, 0, 0, 0, 0); /* with the HT control field */
    push_header(QOS_DATA, TO_DS | ORDER, AP, CLIENT, SERVER);
    p = decode_ok(WLAN);
    assert_syn(&p, 4);
}

/* The first packet of an aggregate is read, with its own addresses. */
static void aggregate(void **state)
{
    (void)state;
    build_snap_syn(4);
    const uint8_t length = (uint8_t)b->len;
    append_zeros(b, 2);
    append_zeros(b, 60); /* a second one */
    PUSH(b, 0, length);
    push_mac(CLIENT);
    push_mac(SERVER);
    PUSH(b, 0x80, 0);
    push_header(QOS_DATA, TO_DS, AP, CLIENT, AP);
    struct packet p = decode_ok(WLAN);
    assert_syn(&p, 4);
    assert_between(&p, CLIENT, SERVER);
}

static void protected_is_counted(void **state)
{
    struct packet p;
    (void)state;
    build_snap_syn(4);
    PUSH(b, 1, 0, 0, 0x20, 0, 0, 0, 0); /* CCMP's header */
    push_header(DATA, TO_DS | PROTECTED, AP, CLIENT, SERVER);
    assert_int_equal(decode(WLAN, &p), DECODE_PROTECTED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    push_header(QOS_DATA, FROM_DS | PROTECTED, SERVER, AP, CLIENT);
    assert_int_equal(decode(WLAN, &p), DECODE_PROTECTED);
    b->len = 0; /* a frame without data has nothing to hide */
    push_header(0x48, TO_DS | PROTECTED, AP, CLIENT, AP);
    assert_int_equal(decode_ok(WLAN).kind, PACKET_NOT_IP);
}

static void fragments(void **state)
{
    struct packet p;
    (void)state;
    build_to_ap();
    built(b)[1] |= MORE;
    p = decode_ok(WLAN); /* the first one has the headers */
    assert_syn(&p, 4);
    built(b)[22] |= 1;
    assert_int_equal(decode(WLAN, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
}

static void not_data(void **state)
{
    (void)state;
    b->len = 0; /* an acknowledgement: shorter than other frames */
    PUSH(b, 0xd4, 0, 0, 0, 2, 0, 0, 0, 0, CLIENT);
    assert_int_equal(decode_ok(WLAN).kind, PACKET_NOT_IP);
    b->len = 0; /* a beacon */
    push(b, 40);
    push_header(0x80, 0, 0xff, AP, AP);
    assert_int_equal(decode_ok(WLAN).kind, PACKET_NOT_IP);
    b->len = 0; /* null data, with and without QoS */
    push_header(0x48, TO_DS, AP, CLIENT, AP);
    assert_int_equal(decode_ok(WLAN).kind, PACKET_NOT_IP);
    b->len = 0;
    PUSH(b, 0, 0);
    push_header(0xc8, TO_DS, AP, CLIENT, AP);
    assert_int_equal(decode_ok(WLAN).kind, PACKET_NOT_IP);
    build_to_ap();
    built(b)[0] |= 1; /* a version that does not exist */
    assert_int_equal(decode_ok(WLAN).kind, PACKET_NOT_IP);
}

static void arp(void **state)
{
    (void)state;
    b->len = 0;
    PUSH(b, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, CLIENT, 10, 7, 1, 2, 0, 0, 0, 0, 0, 0, 10, 7, 2, 2);
    push_snap(0x0806);
    push_header(DATA, TO_DS, AP, CLIENT, 0xff);
    struct packet p = decode_ok(WLAN);
    assert_int_equal(p.kind, PACKET_ARP);
    assert_address(&p.neighbour.target, "10.7.2.2");
}

/* `present` and what of its fields comes before the frame. */
static void push_radiotap(uint32_t present, const uint8_t *fields, size_t size)
{
    if (size)
        push_bytes(b, fields, size);
    PUSH(b, 0, 0, (uint8_t)(8 + size), 0, (uint8_t)present, (uint8_t)(present >> 8), (uint8_t)(present >> 16),
         (uint8_t)(present >> 24));
}

static void radiotap(void **state)
{
    (void)state;
    build_to_ap();
    push_radiotap(0, NULL, 0);
    struct packet p = decode_ok(RADIOTAP);
    assert_syn(&p, 4);
    assert_between(&p, CLIENT, SERVER);
    build_to_ap(); /* time, flags, rate */
    push_radiotap(7, (const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, 0, 12}, 10);
    p = decode_ok(RADIOTAP);
    assert_syn(&p, 4);
    build_to_ap(); /* the frame check sequence is no payload */
    append_zeros(b, 4);
    push_radiotap(2, (const uint8_t[]){0x10}, 1);
    p = decode_ok(RADIOTAP);
    assert_syn(&p, 4);
    assert_int_equal(p.tcp.payload_len, 0);
}

/* A second word of what is present moves the time, and with it the flags: 12 bytes, then 8 on a boundary of 8. */
static void radiotap_extended(void **state)
{
    struct packet p;
    (void)state;
    build_to_ap();
    push_radiotap(0x80000003, (const uint8_t[]){0, 0, 0, 0, 0x40, 0x40, 0x40, 0x40, 1, 1, 1, 1, 1, 1, 1, 1, 0}, 17);
    p = decode_ok(RADIOTAP); /* read at another place, the flags would say "damaged" */
    assert_syn(&p, 4);
    build_to_ap();
    push_radiotap(0x80000003, (const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0x40}, 17);
    assert_int_equal(decode(RADIOTAP, &p), DECODE_TRUNCATED);
}

static void radiotap_flags(void **state)
{
    struct packet p;
    (void)state;
    build_to_ap(); /* failed its check sequence: any byte may be wrong */
    push_radiotap(2, (const uint8_t[]){0x40}, 1);
    assert_int_equal(decode(RADIOTAP, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_NOT_IP);
    build_snap_syn(4); /* two bytes between a header of 26 bytes and what follows */
    PUSH(b, 0, 0);
    PUSH(b, 6, 0);
    push_header(QOS_DATA, TO_DS, AP, CLIENT, SERVER);
    push_radiotap(2, (const uint8_t[]){0x20}, 1);
    p = decode_ok(RADIOTAP);
    assert_syn(&p, 4);
    build_to_ap(); /* a header of 24 bytes needs none */
    push_radiotap(2, (const uint8_t[]){0x20}, 1);
    p = decode_ok(RADIOTAP);
    assert_syn(&p, 4);
}

static void radiotap_lies(void **state)
{
    struct packet p;
    (void)state;
    build_to_ap();
    push_radiotap(0, NULL, 0);
    built(b)[2] = 7; /* shorter than itself */
    assert_int_equal(decode(RADIOTAP, &p), DECODE_TRUNCATED);
    built(b)[3] = 9; /* longer than the frame */
    assert_int_equal(decode(RADIOTAP, &p), DECODE_TRUNCATED);
    build_to_ap();
    push_radiotap(0xffffffff, NULL, 0); /* fields that are not there */
    p = decode_ok(RADIOTAP);
    assert_syn(&p, 4);
    built(b)[0] = 1;
    assert_int_equal(decode_ok(RADIOTAP).kind, PACKET_NOT_IP);
}

static void prism_and_avs(void **state)
{
    struct packet p;
    (void)state;
    build_to_ap();
    push(b, 136);
    PUSH(b, 0x44, 0, 0, 0, 144, 0, 0, 0);
    p = decode_ok(PRISM);
    assert_syn(&p, 4);
    assert_between(&p, CLIENT, SERVER);
    build_to_ap();
    push(b, 136);
    PUSH(b, 0, 0, 0, 0x44, 0, 0, 0, 144); /* from a big-endian machine */
    p = decode_ok(PRISM);
    assert_syn(&p, 4);
    static const int avs[] = {AVS, PRISM};
    for (size_t i = 0; i < 2; i++) {
        build_to_ap();
        push(b, 56);
        PUSH(b, 0x80, 0x21, 0x10, 1, 0, 0, 0, 64);
        p = decode_ok(avs[i]);
        assert_syn(&p, 4);
    }
    built(b)[7] = 4;
    assert_int_equal(decode(AVS, &p), DECODE_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_addresses),
        cmocka_unit_test(four_addresses),
        cmocka_unit_test(quality_of_service),
        cmocka_unit_test(aggregate),
        cmocka_unit_test(protected_is_counted),
        cmocka_unit_test(fragments),
        cmocka_unit_test(not_data),
        cmocka_unit_test(arp),
        cmocka_unit_test(radiotap),
        cmocka_unit_test(radiotap_extended),
        cmocka_unit_test(radiotap_flags),
        cmocka_unit_test(radiotap_lies),
        cmocka_unit_test(prism_and_avs),
        cmocka_unit_test(flipped_bits), /* last: it flips the frames of all others */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
