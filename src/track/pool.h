/* Fixed-size items in large chunks, named by 32-bit ids: no allocation for each packet, and links of four bytes.
 * Chunks begin at a cache line, so that items whose size is a multiple of one do too. */
#ifndef TRACK_POOL_H
#define TRACK_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX
#define POOL_LINE 64 /* bytes of a cache line */

/* Bytes of the pages that large tables are made of: with small ones, a look-up in a table of a million costs more for
 * finding the page than for the line itself. */
#define POOL_HUGE ((size_t)2 << 20)

struct pool {
    size_t item_size;
    size_t cleared;       /* bytes of a new item that are zeroed, from its start: all of it unless set otherwise */
    uint32_t chunk_shift; /* items in a chunk: 1 << chunk_shift */
    uint32_t chunks, used, limit;
    uint32_t free_head; /* id + 1 of the first free item, 0 if none */
    uint32_t in_use;
    uint8_t **chunk; /* the first few stand alone, the others together in huge pages */
};

/* `limit` is the most items that it will ever hold. False when memory is out. */
int pool_init(struct pool *pool, size_t item_size, uint32_t limit);
void pool_destroy(struct pool *pool);

/* A zeroed (as far as `cleared`) item's id, or POOL_NONE at the limit or when memory is out. */
uint32_t pool_take(struct pool *pool);
void pool_give(struct pool *pool, uint32_t id);
size_t pool_bytes(const struct pool *pool);

/* Memory in huge pages where it is large enough for them and the system has any; as from malloc. */
void *pool_allocate(size_t size);

static inline void *pool_at(const struct pool *pool, uint32_t id)
{
    uint32_t mask = (1u << pool->chunk_shift) - 1;
    return pool->chunk[id >> pool->chunk_shift] + (size_t)(id & mask) * pool->item_size;
}

#endif
