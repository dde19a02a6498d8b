#include "keyed_hash.h"

#include <sys/random.h>
#include <time.h>

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014) */
static uint64_t next_word(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static void fill(uint64_t *words, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++)
        words[i] = next_word(state);
}

void hash_key_from_seed(struct hash_key *key, uint64_t seed)
{
    fill(key->address, HASH_ADDRESS_KEYS, &seed);
    fill(key->flow, HASH_FLOW_KEYS, &seed);
    fill(key->bytes, HASH_BYTES_KEYS, &seed);
}

void hash_key_draw(struct hash_key *key)
{
    if (getrandom(key, sizeof *key, GRND_NONBLOCK) == sizeof *key)
        return;
    /* Only in the first moments after boot. */
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    hash_key_from_seed(key, (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)key);
}

/* The digits of pi after the point: nothing up the sleeve. */
const struct hash_key hash_key_fixed = {
    .address = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377},
    .flow = {0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917, 0x9216d5d98979fb1b, 0xd1310ba698dfb5ac},
    .bytes = {0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96, 0xba7c9045f12c7f99},
};

/* ---- Polynomials modulo the Mersenne prime 2^61 - 1 ---- */

#define PRIME ((UINT64_C(1) << 61) - 1)

static uint64_t reduce(uint64_t x)
{
    x = (x & PRIME) + (x >> 61);
    return x >= PRIME ? x - PRIME : x;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;
    return reduce((uint64_t)(product & PRIME) + (uint64_t)(product >> 61));
}

uint64_t hash_bytes(const void *bytes, size_t length, const struct hash_key *key)
{
    const uint8_t *at = bytes;
    const uint64_t point = reduce(key->bytes[0]);
    uint64_t value = length;
    while (length > 0) {
        const size_t take = length < 7 ? length : 7; /* below 2^56, so that each piece is a number of its own */
        uint64_t piece = 0;
        memcpy(&piece, at, take);
        value = reduce(multiply(value, point) + piece);
        at += take;
        length -= take;
    }
    /* A further linear function, so that parts of the result are as evenly spread as the whole. */
    return reduce(multiply(value, reduce(key->bytes[1])) + reduce(key->bytes[2]));
}
