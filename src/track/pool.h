/* Fixed-size items in large chunks, named by 32-bit ids: no allocation for each packet, and links of four bytes.
 * Chunks begin at a cache line, so that items whose size is a multiple of one do too. */
#ifndef TRACK_POOL_H
#define TRACK_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX
#define POOL_LINE 64 /* bytes of a cache line */

struct pool {
    size_t item_size;
    size_t cleared;       /* bytes of a new item that are zeroed, from its start: all of it unless set otherwise */
    uint32_t chunk_shift; /* items in a chunk: 1 << chunk_shift */
    uint32_t chunks, used, limit;
    uint32_t free_head; /* id + 1 of the first free item, 0 if none */
    uint32_t in_use;
    uint8_t **chunk;
};

/* `limit` is the most items that it will ever hold. False when memory is out. */
int pool_init(struct pool *pool, size_t item_size, uint32_t limit);
void pool_destroy(struct pool *pool);

/* A zeroed (as far as `cleared`) item's id, or POOL_NONE at the limit or when memory is out. */
uint32_t pool_take(struct pool *pool);
void pool_give(struct pool *pool, uint32_t id);
size_t pool_bytes(const struct pool *pool);

static inline void *pool_at(const struct pool *pool, uint32_t id)
{
    uint32_t mask = (1u << pool->chunk_shift) - 1;
    return pool->chunk[id >> pool->chunk_shift] + (size_t)(id & mask) * pool->item_size;
}

#endif
