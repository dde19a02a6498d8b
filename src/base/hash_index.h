/* A hash index from 32-bit hashes to pool ids: open addressing, linear probing, backward-shift deletion.
 * Eight bytes a slot, so that a probe is one cache line; the caller compares keys. */
#ifndef BASE_HASH_INDEX_H
#define BASE_HASH_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

struct index_slot {
    uint32_t hash;
    uint32_t place; /* id + 1; 0: empty */
};

struct index {
    struct index_slot *slot;
    uint32_t mask, used;
    uint32_t *failures; /* counted up where memory is out; NULL: nobody asks */
};

/* POOL_NONE where it is empty. */
static inline uint32_t index_id(const struct index_slot *slot)
{
    return slot->place - 1;
}

int index_init(struct index *index);
void index_destroy(struct index *index);
/* 0 when memory is out. */
int index_insert(struct index *index, uint32_t hash, uint32_t id);
void index_remove(struct index *index, uint32_t hash, uint32_t id);
/* The same hash leads to another id from now on. */
void index_replace(struct index *index, uint32_t hash, uint32_t id, uint32_t now);

/* Walks the ids stored under `hash`: start with cursor = hash & mask; returns POOL_NONE at the end. */
static inline uint32_t index_next(const struct index *index, uint32_t hash, uint32_t *cursor)
{
    for (;;) {
        const struct index_slot *slot = &index->slot[*cursor];
        if (!slot->place)
            return POOL_NONE;
        *cursor = (*cursor + 1) & index->mask;
        if (slot->hash == hash)
            return index_id(slot);
    }
}

/* Where a hash's ids begin. */
static inline const struct index_slot *index_home(const struct index *index, uint32_t hash)
{
    return &index->slot[hash & index->mask];
}

/* The id that most likely is what a look-up will lead to, or POOL_NONE. */
static inline uint32_t index_at_home(const struct index *index, uint32_t hash)
{
    const struct index_slot *slot = index_home(index, hash);
    return slot->hash == hash ? index_id(slot) : POOL_NONE;
}

/* Two slots and no branch: false only where nothing is stored under `hash`, and seldom true then. */
static inline bool index_may_hold(const struct index *index, uint32_t hash)
{
    const struct index_slot *first = index_home(index, hash), *second = index_home(index, hash + 1);
    return (first->place != 0) & ((first->hash == hash) | (second->place != 0));
}

/* False only where nothing is stored under `hash`. */
static inline bool index_holds(const struct index *index, uint32_t hash)
{
    uint32_t cursor = hash & index->mask;
    return index_next(index, hash, &cursor) != POOL_NONE;
}

#endif
