/* Hashes under a secret key, for the tables that the wire fills.
 *
 * Whoever sends the packets picks the addresses, ports and names. Under a hash that he can compute he picks those that
 * collide, and each look-up walks through all of them. So these are families of functions for which it is proven that
 * any two different inputs, chosen without the key, collide with a chance of about 2^-32, whatever the inputs are:
 *
 * - addresses and four-tuples: multilinear hashing with half the multiplications ("Multilinear-HM"), strongly universal
 *   (Lemire, Kaser: Strongly universal string hashing is fast, The Computer Journal 57(11), 2014, theorem 3.1): over
 *   32-bit words w and 64-bit keys k, the high half of k0 + (k1 + w1)(k2 + w2) + (k3 + w3)(k4 + w4) mod 2^64.
 * - strings: a polynomial over the integers modulo 2^61 - 1, its value at a secret point (Carter, Wegman: Universal
 *   classes of hash functions, 1979).
 *
 * SipHash would resist one who sees the hashes, too. Nobody does: they stay in the process.
 */
#ifndef BASE_KEYED_HASH_H
#define BASE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum { HASH_ADDRESS_KEYS = 5, HASH_FLOW_KEYS = 5, HASH_BYTES_KEYS = 3 };

struct hash_key {
    uint64_t address[HASH_ADDRESS_KEYS], flow[HASH_FLOW_KEYS], bytes[HASH_BYTES_KEYS];
};

/* Fills it with random bytes of the kernel. */
void hash_key_draw(struct hash_key *key);

/* No secret, for small tables in which a collision costs no time, only an older entry: what is said of a file must not
 * depend on a key that was drawn. */
extern const struct hash_key hash_key_fixed;

/* For tests, which must fail each time or never. */
void hash_key_from_seed(struct hash_key *key, uint64_t seed);

/* A hash's low bits choose a slot, and the multilinear hash of consecutive inputs is an arithmetic progression, which
 * could fill a stretch of slots without a gap. This has an inverse, so it makes no collision. */
static inline uint32_t hash_spread(uint32_t hash)
{
    hash = (hash ^ hash >> 16) * 0x85ebca6bu; /* odd */
    return hash ^ hash >> 13;
}

static inline uint32_t hash_address(const struct address *a, const struct hash_key *key)
{
    uint32_t w[4];
    memcpy(w, a->bytes, sizeof w);
    const uint64_t *k = key->address;
    return hash_spread((uint32_t)((k[0] + (k[1] + w[0]) * (k[2] + w[1]) + (k[3] + w[2]) * (k[4] + w[3])) >> 32));
}

/* Of both ends' hash_address and ports. The same for both directions, so that one probe serves a packet whichever way
 * it goes. */
static inline uint32_t hash_flow(uint32_t a_hash, uint16_t a_port, uint32_t b_hash, uint16_t b_port,
                                 const struct hash_key *key)
{
    const uint64_t a = (uint64_t)a_hash << 16 | a_port, b = (uint64_t)b_hash << 16 | b_port;
    const uint64_t less = a < b ? a : b, more = a < b ? b : a;
    const uint64_t *k = key->flow;
    return hash_spread((uint32_t)((k[0] + (k[1] + (less >> 16)) * (k[2] + (more >> 16)) +
                                   (k[3] + (less & 0xffff)) * (k[4] + (more & 0xffff))) >>
                                  32));
}

/* Of `length` bytes, at most some thousands; below 2^61. */
uint64_t hash_bytes(const void *bytes, size_t length, const struct hash_key *key);

#endif
