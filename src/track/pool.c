#include "pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CHUNK_BYTES = 1 << 18,
    CHUNKS_TOGETHER = 8, /* in one allocation, from the one of this number on */
};

void *pool_allocate(size_t size)
{
    if (size < POOL_HUGE)
        return aligned_alloc(POOL_LINE, (size + POOL_LINE - 1) / POOL_LINE * POOL_LINE);
    size = (size + POOL_HUGE - 1) / POOL_HUGE * POOL_HUGE;
    void *memory = aligned_alloc(POOL_HUGE, size);
#ifdef MADV_HUGEPAGE
    if (memory)
        madvise(memory, size, MADV_HUGEPAGE); /* where that fails, small pages do */
#endif
    return memory;
}

static size_t chunk_bytes(const struct pool *pool)
{
    size_t bytes = pool->item_size << pool->chunk_shift;
    return (bytes + POOL_LINE - 1) / POOL_LINE * POOL_LINE;
}

/* The next chunk is the next part of what was allocated together, or begins something new. */
static bool add_chunk(struct pool *pool)
{
    uint32_t n = pool->chunks, part = n % CHUNKS_TOGETHER;
    if (n >= CHUNKS_TOGETHER && part > 0)
        pool->chunk[n] = pool->chunk[n - part] + part * chunk_bytes(pool);
    else
        pool->chunk[n] = pool_allocate(chunk_bytes(pool) * (n < CHUNKS_TOGETHER ? 1 : CHUNKS_TOGETHER));
    if (!pool->chunk[n])
        return false;
    pool->chunks++;
    return true;
}

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
        if (i < CHUNKS_TOGETHER || i % CHUNKS_TOGETHER == 0)
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
        if (pool->used >> pool->chunk_shift == pool->chunks && !add_chunk(pool))
            return POOL_NONE;
        id = pool->used++;
    }
    if (pool->cleared)
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
