/* SipHash-2-4 (Aumasson, Bernstein, 2012) of address and port: who has not seen a SYN cannot guess what its answer must
 * acknowledge. */
#include <string.h>

#include <sshsniff/probe.h>

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], unsigned count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

uint32_t probe_cookie(const struct probe_cookie_key *key, const struct address *target, uint16_t port)
{
    uint64_t words[2];
    uint64_t v[4] = {key->k[0] ^ 0x736f6d6570736575u, key->k[1] ^ 0x646f72616e646f6du, key->k[0] ^ 0x6c7967656e657261u,
                     key->k[1] ^ 0x7465646279746573u};
    memcpy(words, target->bytes, sizeof words);
    absorb(v, words[0]);
    absorb(v, words[1]);
    absorb(v, (uint64_t)18 << 56 | port); /* the last word holds the length of all: 16 bytes and 2 */
    v[2] ^= 0xff;
    rounds(v, 4);
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (uint32_t)(hash ^ hash >> 32);
}
