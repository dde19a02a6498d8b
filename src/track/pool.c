#include "pool.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 18 };

int pool_init(struct pool *pool, size_t item_size, uint32_t limit)
{
    memset(pool, 0, sizeof *pool);
    pool->item_size = (item_size + 7) & ~(size_t)7;
    /* An odd number of lines, or the items' first ones would share few sets of the cache. */
    if (pool->item_size % (2 * POOL_LINE) == 0)
        pool->item_size += POOL_LINE;
    pool->cleared = pool->item_size;
    while ((pool->item_size << (pool->chunk_shift + 1)) <= CHUNK_BYTES)
        pool->chunk_shift++;
    pool->limit = limit;
    uint32_t chunks = (limit >> pool->chunk_shift) + 1;
    pool->chunk = calloc(chunks, sizeof *pool->chunk);
    return pool->chunk != NULL;
}

void pool_destroy(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->chunks; i++)
        free(pool->chunk[i]);
    free(pool->chunk);
    memset(pool, 0, sizeof *pool);
}

uint32_t pool_take(struct pool *pool)
{
    uint32_t id;
    if (pool->free_head) {
        id = pool->free_head - 1;
        memcpy(&pool->free_head, pool_at(pool, id), sizeof pool->free_head);
    } else {
        if (pool->used == pool->limit)
            return POOL_NONE;
        if (pool->used >> pool->chunk_shift == pool->chunks) {
            size_t lines = ((pool->item_size << pool->chunk_shift) + POOL_LINE - 1) / POOL_LINE;
            uint8_t *chunk = aligned_alloc(POOL_LINE, lines * POOL_LINE);
            if (!chunk)
                return POOL_NONE;
            pool->chunk[pool->chunks++] = chunk;
        }
        id = pool->used++;
    }
    memset(pool_at(pool, id), 0, pool->cleared);
    pool->in_use++;
    return id;
}

void pool_give(struct pool *pool, uint32_t id)
{
    memcpy(pool_at(pool, id), &pool->free_head, sizeof pool->free_head);
    pool->free_head = id + 1;
    pool->in_use--;
}

size_t pool_bytes(const struct pool *pool)
{
    return (size_t)pool->chunks * (pool->item_size << pool->chunk_shift);
}
