/* --anonymize over frames of any bytes, under the sanitizers; and what its mapping keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/anonymous.h"

static uint64_t state_of_dice = 20261130;

static uint32_t dice(void)
{
    state_of_dice = state_of_dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state_of_dice >> 33);
}

/* Bytes that lead far into the reader, and then others. */
static size_t fill(uint8_t *frame, size_t most)
{
    static const uint8_t starts[][24] = {
        {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 6},
        {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x4f, 0, 0, 90, 0, 0, 0, 0, 64, 17},
        {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 200, 0, 0, 0, 0, 64, 1},
        {0x33, 0x33, 0xff, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 100, 58, 255, 0xfe, 0x80},
        {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 100, 44, 255, 0x20, 1},
        {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 1, 8, 0, 0x45, 0, 0, 60, 0, 0},
        {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0},
    };
    const size_t size = dice() % (most + 1);
    const uint8_t *start = starts[dice() % (sizeof starts / sizeof starts[0])];
    for (size_t i = 0; i < size; i++)
        frame[i] = i < sizeof starts[0] && dice() % 16 ? start[i] : (uint8_t)(dice() % 4 ? dice() : dice() % 8);
    if (size > 46 && dice() % 4 == 0)
        memcpy(frame + 34, (const uint8_t[]){0, 53, 0, 53}, 4); /* DNS */
    return size;
}

static void any_bytes(void **state)
{
    enum { MOST = 220, ROUNDS = 100000 };
    static const int links[] = {1, 1, 1, 101, 113, 276, 0, 108, 228, 229, 105};
    struct anonymous *anonymous = anonymous_new();
    size_t taken = 0;
    (void)state;
    assert_non_null(anonymous);
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t bytes[MOST];
        const size_t size = fill(bytes, MOST);
        uint8_t *exact = malloc(size + 1); /* so that one byte too many is noticed when reading, too */
        struct frame in = {.data = exact, .caplen = (uint32_t)size, .len = (uint32_t)size}, out;
        assert_non_null(exact);
        memcpy(exact, bytes, size);
        const int link = links[dice() % (sizeof links / sizeof links[0])];
        in.linktype = link;
        if (link == 101 || link > 200)
            in.data = exact + (size > 14 ? 14 : 0), in.caplen = (uint32_t)(size > 14 ? size - 14 : 0);
        taken += anonymous_frame(anonymous, &in, &out);
        assert_memory_equal(exact, bytes, size);
        free(exact);
    }
    assert_in_range(taken, ROUNDS / 20, ROUNDS);
    anonymous_free(anonymous);
}

static struct address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return address_from_ipv4((uint8_t[4]){a, b, c, d});
}

static unsigned shared_bits(const struct address *a, const struct address *b)
{
    unsigned bits = 0;
    while (bits < 128 && (a->bytes[bits / 8] >> (7 - bits % 8) & 1) == (b->bytes[bits / 8] >> (7 - bits % 8) & 1))
        bits++;
    return bits;
}

static void networks_and_kinds_stay(void **state)
{
    struct anonymous *anonymous = anonymous_new();
    (void)state;
    for (int i = 0; i < 300; i++) {
        const struct address a = v4(10, (uint8_t)dice(), (uint8_t)dice(), (uint8_t)dice());
        struct address b = a;
        b.bytes[15 - dice() % 3] ^= (uint8_t)(1 + dice() % 255);
        const struct address x = anonymous_address(anonymous, &a), y = anonymous_address(anonymous, &b);
        assert_int_equal(shared_bits(&a, &b), shared_bits(&x, &y));
        assert_true(address_is_private(&x) && x.bytes[12] == 10);
        const struct address public =
            v4((uint8_t)(1 + dice() % 223), (uint8_t)dice(), (uint8_t)dice(), (uint8_t)dice());
        const struct address other = anonymous_address(anonymous, &public);
        assert_int_equal(address_is_private(&public), address_is_private(&other));
        assert_int_equal(address_is_made_up(&public), address_is_made_up(&other));
        assert_false(address_is_group(&other));
    }
    const struct address group = v4(224, 0, 0, 251), same = anonymous_address(anonymous, &group);
    assert_true(address_equal(&group, &same));
    anonymous_free(anonymous);
}

static void no_two_become_one(void **state)
{
    enum { MANY = 4096 };
    static uint8_t seen[1 << 16];
    struct anonymous *anonymous = anonymous_new();
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct address a = v4(192, 168, (uint8_t)(i >> 8), (uint8_t)i), b = anonymous_address(anonymous, &a);
        const size_t place = (size_t)b.bytes[14] << 8 | b.bytes[15];
        assert_int_equal(seen[place], 0);
        seen[place] = 1;
    }
    anonymous_free(anonymous);
}

static void words_become_x(void **state)
{
    char text[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3 alice@build7\r\n";
    char greeting[] = "Welcome to gate.corp\r\nSSH-2.0-dropbear\r\n";
    char mail[] = "220 mx.corp ESMTP Postfix\r\n", refusal[] = "Exceeded MaxStartups\r\n";
    (void)state;
    anonymous_speech((uint8_t *)text, strlen(text));
    assert_string_equal(text, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3 xxxxx@xxxxxx\r\n");
    anonymous_speech((uint8_t *)greeting, strlen(greeting));
    assert_string_equal(greeting, "Welcome xx xxxx.xxxx\r\nSSH-2.0-dropbear\r\n");
    anonymous_speech((uint8_t *)mail, strlen(mail));
    assert_string_equal(mail, "220 xx.xxxx ESMTP xxxxxxx\r\n");
    anonymous_speech((uint8_t *)refusal, strlen(refusal));
    assert_string_equal(refusal, "Exceeded MaxStartups\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(networks_and_kinds_stay),
        cmocka_unit_test(no_two_become_one),
        cmocka_unit_test(words_become_x),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
