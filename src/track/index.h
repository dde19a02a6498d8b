/* A hash index from 32-bit hashes to pool ids: open addressing, linear probing, backward-shift deletion.
 * Eight bytes a slot, so that a probe is one cache line; the caller compares keys. */
#ifndef TRACK_INDEX_H
#define TRACK_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

#include "pool.h"

struct index_slot {
    uint32_t hash;
    uint32_t id; /* POOL_NONE: empty */
};

struct index {
    struct index_slot *slot;
    uint32_t mask, used;
};

int index_init(struct index *index);
void index_destroy(struct index *index);
/* 0 when memory is out. */
int index_insert(struct index *index, uint32_t hash, uint32_t id);
void index_remove(struct index *index, uint32_t hash, uint32_t id);

/* Walks the ids stored under `hash`: start with cursor = hash & mask; returns POOL_NONE at the end. */
static inline uint32_t index_next(const struct index *index, uint32_t hash, uint32_t *cursor)
{
    for (;;) {
        const struct index_slot *slot = &index->slot[*cursor];
        if (slot->id == POOL_NONE)
            return POOL_NONE;
        *cursor = (*cursor + 1) & index->mask;
        if (slot->hash == hash)
            return slot->id;
    }
}

/* Mixing as in MurmurHash3's finaliser: every input bit reaches every output bit. `seed` keeps collisions unpredictable. */
static inline uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

static inline uint64_t hash_address(const struct address *a, uint64_t salt)
{
    uint64_t high, low;
    memcpy(&high, a->bytes, 8);
    memcpy(&low, a->bytes + 8, 8);
    return hash_mix(hash_mix(high ^ salt) ^ low);
}

#endif
