/* Inputs that somebody chose to collide do not, whatever the key. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"

enum { COUNT = 1 << 16, KEYS = 8 };

/* 2^16 hashes of 32 bits make half a collision on average; ten have a chance of less than 10^-8. */
enum { FEW = 10 };

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static unsigned collisions(uint32_t *hash, size_t count)
{
    unsigned same = 0;
    qsort(hash, count, sizeof *hash, compare);
    for (size_t i = 1; i < count; i++)
        same += hash[i] == hash[i - 1];
    return same;
}

/* How many slots beyond its own the worst of them is looked for, in an index that is filled with all. */
static uint32_t longest_walk(const uint32_t *hash, size_t count)
{
    struct index index;
    uint32_t longest = 0;
    assert_true(index_init(&index));
    for (size_t i = 0; i < count; i++)
        assert_true(index_insert(&index, hash[i], (uint32_t)i));
    for (uint32_t at = 0; at <= index.mask; at++)
        if (index.slot[at].place) {
            const uint32_t walk = (at - index.slot[at].hash) & index.mask;
            longest = walk > longest ? walk : longest;
        }
    index_destroy(&index);
    return longest;
}

/* ---- Ways to choose addresses ---- */

static void set_half(struct address *a, int at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        a->bytes[at + i] = (uint8_t)(value >> (56 - 8 * i));
}

static struct address make_ipv4(uint32_t number)
{
    const uint32_t wire = htonl(number);
    return address_from_ipv4(&wire);
}

static struct address next_ipv4(uint32_t i)
{
    return make_ipv4(0x0a000000u + i);
}

static struct address ipv4_by_256(uint32_t i)
{
    return make_ipv4(i << 8 | i >> 24);
}

static struct address interfaces_of_a_64(uint32_t i)
{
    struct address a;
    set_half(&a, 0, 0x20010db800000000);
    set_half(&a, 8, i);
    return a;
}

static struct address networks_of_a_48(uint32_t i)
{
    struct address a;
    set_half(&a, 0, 0x20010db800010000 | i);
    set_half(&a, 8, 1);
    return a;
}

/* The multiplier that folded the lower half once: its complement made every product 0. */
static struct address annulled(uint32_t i)
{
    struct address a;
    uint64_t low = 0xa0761d6478bd642f;
    set_half(&a, 0, 0x20010db800010000 | i);
    memcpy(a.bytes + 8, &low, 8);
    return a;
}

static struct address mirrored(uint32_t i)
{
    struct address a;
    set_half(&a, 0, (uint64_t)i << 32 | i);
    set_half(&a, 8, (uint64_t)i << 32 | i);
    return a;
}

static struct address swapped_words(uint32_t i)
{
    struct address a;
    set_half(&a, 0, (uint64_t)i << 32 | ~i);
    set_half(&a, 8, (uint64_t)~i << 32 | i);
    return a;
}

static struct address one_or_two_bits(uint32_t i)
{
    struct address a = {{0}};
    const uint32_t first = i % 128, second = i / 128 % 128;
    a.bytes[first / 8] |= (uint8_t)(1 << first % 8);
    a.bytes[second / 8] |= (uint8_t)(1 << second % 8);
    a.bytes[0] ^= (uint8_t)(i >> 14); /* four times over, else the same two come in either order */
    return a;
}

static const struct {
    const char *name;
    struct address (*make)(uint32_t i);
} ways[] = {
    {"next IPv4", next_ipv4},
    {"IPv4 by 256", ipv4_by_256},
    {"interfaces of a /64", interfaces_of_a_64},
    {"networks of a /48", networks_of_a_48},
    {"annulled", annulled},
    {"mirrored", mirrored},
    {"swapped words", swapped_words},
};
enum { WAYS = sizeof ways / sizeof *ways };

static void test_chosen_addresses_do_not_collide(void **state)
{
    (void)state;
    uint32_t *hash = calloc(COUNT, sizeof *hash);
    for (int w = 0; w < WAYS; w++)
        for (uint64_t seed = 0; seed < KEYS; seed++) {
            struct hash_key key;
            hash_key_from_seed(&key, seed);
            for (uint32_t i = 0; i < COUNT; i++) {
                const struct address a = ways[w].make(i);
                hash[i] = hash_address(&a, &key);
            }
            const uint32_t walk = longest_walk(hash, COUNT);
            const unsigned same = collisions(hash, COUNT);
            if (same > FEW || walk > 200)
                fail_msg("%s, seed %u: %u collisions, %u slots", ways[w].name, (unsigned)seed, same, walk);
        }
    free(hash);
}

/* All pairs of bits: every bit of an address counts. */
static void test_each_bit_counts(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < KEYS; seed++) {
        struct hash_key key;
        hash_key_from_seed(&key, seed);
        for (uint32_t i = 0; i < 128 * 128; i++) {
            const struct address a = one_or_two_bits(i), b = one_or_two_bits(i ^ 1);
            if (!address_equal(&a, &b))
                assert_int_not_equal(hash_address(&a, &key), hash_address(&b, &key));
        }
    }
}

static void test_ports_do_not_collide(void **state)
{
    (void)state;
    uint32_t *hash = calloc(COUNT, sizeof *hash);
    const struct address client = next_ipv4(1), server = next_ipv4(2);
    for (uint64_t seed = 0; seed < KEYS; seed++) {
        struct hash_key key;
        hash_key_from_seed(&key, seed);
        const uint32_t c = hash_address(&client, &key), s = hash_address(&server, &key);
        for (uint32_t i = 0; i < COUNT; i++)
            hash[i] = hash_flow(c, (uint16_t)i, s, 22, &key);
        assert_in_range(collisions(hash, COUNT), 0, FEW);
        /* Each port with its counterpart, so that their sum and their exclusive or stay the same. */
        for (uint32_t i = 0; i < COUNT / 2; i++)
            hash[i] = hash_flow(c, (uint16_t)i, s, (uint16_t)~i, &key);
        assert_in_range(collisions(hash, COUNT / 2), 0, FEW);
    }
    free(hash);
}

/* Addresses of both ends that move against each other, as one who owns two networks can choose them. */
static void test_both_ends_do_not_collide(void **state)
{
    (void)state;
    uint32_t *hash = calloc(COUNT, sizeof *hash);
    for (uint64_t seed = 0; seed < KEYS; seed++) {
        struct hash_key key;
        hash_key_from_seed(&key, seed);
        for (uint32_t i = 0; i < COUNT; i++) {
            const struct address client = interfaces_of_a_64(i), server = interfaces_of_a_64(0x7fffffff - i);
            hash[i] = hash_flow(hash_address(&client, &key), 40000, hash_address(&server, &key), 22, &key);
        }
        assert_in_range(collisions(hash, COUNT), 0, FEW);
    }
    free(hash);
}

static void test_both_directions_have_one_hash(void **state)
{
    (void)state;
    struct hash_key key;
    hash_key_draw(&key);
    const struct address a = next_ipv4(7), b = interfaces_of_a_64(9);
    const uint32_t a_hash = hash_address(&a, &key), b_hash = hash_address(&b, &key);
    assert_int_equal(hash_flow(a_hash, 40000, b_hash, 22, &key), hash_flow(b_hash, 22, a_hash, 40000, &key));
    assert_int_equal(hash_flow(a_hash, 40000, a_hash, 22, &key), hash_flow(a_hash, 22, a_hash, 40000, &key));
}

static void test_strings_do_not_collide(void **state)
{
    (void)state;
    uint32_t *hash = calloc(COUNT, sizeof *hash);
    for (uint64_t seed = 0; seed < KEYS; seed++) {
        struct hash_key key;
        hash_key_from_seed(&key, seed);
        for (uint32_t i = 0; i < COUNT; i++) {
            char name[32];
            const int length = snprintf(name, sizeof name, "host-%05u.lab.example", i);
            hash[i] = (uint32_t)hash_bytes(name, (size_t)length, &key);
        }
        assert_in_range(collisions(hash, COUNT), 0, FEW);
        static const char zeros[300];
        for (uint32_t i = 0; i < sizeof zeros; i++)
            hash[i] = (uint32_t)hash_bytes(zeros, i, &key);
        assert_int_equal(collisions(hash, sizeof zeros), 0);
    }
    free(hash);
}

static void test_keys_are_drawn_anew(void **state)
{
    (void)state;
    struct hash_key one, other;
    hash_key_draw(&one);
    hash_key_draw(&other);
    assert_memory_not_equal(&one, &other, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen_addresses_do_not_collide),
        cmocka_unit_test(test_each_bit_counts),
        cmocka_unit_test(test_ports_do_not_collide),
        cmocka_unit_test(test_both_ends_do_not_collide),
        cmocka_unit_test(test_both_directions_have_one_hash),
        cmocka_unit_test(test_strings_do_not_collide),
        cmocka_unit_test(test_keys_are_drawn_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
