/* What the probe's packets look like on the wire, byte for byte. No packet is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/packet.h>
#include <sshsniff/probe.h>

#include "base/checksum.h"
#include "probe/craft.h"
#include "probe/probe_packets.h"
#include "probe/sweep_packet.h"
#include "probe_bytes.h"

enum { HOST_HOP = 3, SMALL_TTL = 3, CLOSED = 61100, SWEEP_SOURCE = 61001 };

static const struct address from4 = {{[10] = 0xff, [11] = 0xff, 10, 7, 1, 1}},
                            to4 = {{[10] = 0xff, [11] = 0xff, 10, 7, 2, 2}};
static const struct address from6 = {{0xfd, 7, [15] = 1}}, to6 = {{0xfd, 7, [15] = 2}};

static void assert_bytes(const uint8_t *bytes, size_t size, const char *expected)
{
    char text[2 * CRAFT_MAX + 1] = "";
    assert_true(size <= CRAFT_MAX);
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, expected);
}

static uint16_t port_for(enum probe_kind kind)
{
    switch (kind) {
    case ASK_PING:
    case ASK_PING_SWEEP:
        return 0;
    case ASK_CONTROL:
    case ASK_CONTROL_SHORT:
    case ASK_CONTROL_SWEEP:
    case ASK_CONTROL_STAMP:
    case ASK_CONTROL_FRAGMENT:
    case ASK_UDP:
        return CLOSED;
    case ASK_OTHER_PORT:
        return 2222;
    default:
        return 22;
    }
}

static void probe_packets(void **state)
{
    bool seen[ASK_KINDS] = {false};
    (void)state;
    for (int version = 4; version <= 6; version += 2) {
        struct probe_facts *facts = calloc(1, sizeof *facts);
        struct crafter *crafter = version == 4 ? crafter_new(&from4, &to4) : crafter_new(&from6, &to6);
        assert_non_null(facts);
        assert_non_null(crafter);
        facts->base_port = 61500;
        for (size_t i = 0; i < sizeof probe_bytes / sizeof *probe_bytes; i++) {
            struct crafted_packet made;
            enum probe_kind kind = probe_bytes[i].kind;
            bool small = kind == ASK_SWEEP || kind == ASK_CONTROL_SWEEP || kind == ASK_PING_SWEEP;
            if (probe_bytes[i].version != version)
                continue;
            unsigned index = facts->packets;
            struct probe_packet *probe =
                probe_packet_add(facts, kind, port_for(kind), small ? SMALL_TTL : PROBE_FULL_TTL, 0);
            assert_true(craft_probe_packet(crafter, probe, index, HOST_HOP, &made));
            assert_bytes(made.bytes, made.size, probe_bytes[i].bytes);
            seen[kind] = true;
        }
        crafter_free(crafter);
        free(facts);
    }
    for (int kind = 0; kind < ASK_KINDS; kind++)
        assert_true(seen[kind]);
}

/* One template, aimed at one port after the other. */
static void sweep_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sweep_bytes / sizeof *sweep_bytes; i++) {
        struct sweep_packet template;
        uint8_t bytes[SWEEP_PACKET_MAX];
        bool v4 = sweep_bytes[i].version == 4;
        uint16_t port = sweep_bytes[i].port;
        assert_true(sweep_packet_make(&template, v4 ? &from4 : &from6, v4 ? &to4 : &to6, sweep_bytes[i].flags));
        memcpy(bytes, template.bytes, sizeof bytes);
        sweep_packet_aim(&template, bytes, 4711, 0xffff, 0xffffffff); /* leaves nothing behind */
        sweep_packet_aim(&template, bytes, SWEEP_SOURCE, port, 0xfffe0001u * port);
        assert_bytes(bytes + SWEEP_LINK_SIZE, template.end - SWEEP_LINK_SIZE, sweep_bytes[i].bytes);
    }
}

/* RFC 1624 has the case that the older way of RFC 1141 got wrong: a sum that becomes 0. */
static void checksum_follows_a_change(void **state)
{
    static const uint8_t before[] = {0x55, 0x55}, after[] = {0x32, 0x85};
    (void)state;
    assert_int_equal(ntohs(checksum_update(htons(0xdd2f), before, after, sizeof before)), 0x0000);
}

static void longest_payload_has_room(void **state)
{
    (void)state;
    struct crafter *crafter = crafter_new(&from6, &to6);
    struct crafted_packet made;
    struct probe_packet ping = {.kind = ASK_PING, .ttl = 64}, far = {.kind = ASK_FAR_FRAGMENT, .ttl = 64};
    assert_true(craft_probe_packet(crafter, &ping, PROBE_PACKETS - 1, 0, &made));
    assert_int_equal(made.size, 40 + 8 + 16 + PROBE_PACKETS - 1);
    assert_true(craft_probe_packet(crafter, &far, PROBE_PACKETS - 1, 0, &made));
    assert_int_equal(made.size, 40 + 8 + 16 + PROBE_PACKETS - 1);
    assert_false(craft_probe_packet(crafter, &ping, CRAFT_MAX, 0, &made));
    crafter_free(crafter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_packets),
        cmocka_unit_test(sweep_packets),
        cmocka_unit_test(checksum_follows_a_change),
        cmocka_unit_test(longest_payload_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
