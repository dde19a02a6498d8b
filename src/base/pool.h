/* Fixed-size items in one range of addresses, named by 32-bit ids: no allocation for each packet, and links of four
 * bytes. The range is reserved for the most items there may be, and memory comes into it as they are used. It begins at
 * a cache line, so that items whose size is a multiple of one do too. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define POOL_NONE UINT32_MAX
#define POOL_LINE 64 /* bytes of a cache line */

/* Bytes of the pages that large tables are made of: with small ones, a look-up in a table of a million costs more for
 * finding the page than for the line itself. */
#define POOL_HUGE ((size_t)2 << 20)

struct pool {
    uint8_t *item;
    size_t item_size;
    size_t cleared; /* bytes of a new item that are zeroed, from its start: all of it unless set otherwise */
    size_t open;    /* bytes that memory may come to so far */
    uint32_t used, limit;
    uint32_t free_head; /* id + 1 of the first free item, 0 if none */
    uint32_t in_use;
    uint32_t *failures; /* counted up where memory is out; NULL: nobody asks */
    void *range;        /* what was reserved, `item` within it */
    size_t range_bytes;
};

/* `limit` is the most items that it will ever hold. False when memory is out. */
int pool_init(struct pool *pool, size_t item_size, uint32_t limit);
void pool_destroy(struct pool *pool);

/* Has memory come to the item of this id, below the limit, whatever it is used for. For a pool that gives none itself,
 * but goes along with another's ids. False when memory is out. */
bool pool_reach(struct pool *pool, uint32_t id);

/* Of all items that were ever in use at once. */
size_t pool_bytes(const struct pool *pool);

/* Has the processor fetch a line, so that it is there when its turn comes. A function that does nothing else has no
 * effect in the compiler's eyes, and its calls are left out, were it not for the second statement. */
static inline void line_prefetch(const void *at)
{
    __builtin_prefetch(at);
    __asm__ volatile("" : : "r"(at));
}

static inline void memory_prefetch(const void *at, size_t size)
{
    for (size_t i = 0; i < size; i += POOL_LINE)
        line_prefetch((const uint8_t *)at + i);
}

/* Zeroed memory, in huge pages where it is large enough for them and the system has any. NULL when memory is out. */
void *pool_allocate(size_t size);
/* Gives it back, with the size that was asked for. */
void pool_release(void *memory, size_t size);

static inline void *pool_at(const struct pool *pool, uint32_t id)
{
    return pool->item + (size_t)id * pool->item_size;
}

/* For pool_take: one that was never used. */
uint32_t pool_take_new(struct pool *pool);

/* A zeroed (as far as `cleared`) item's id, or POOL_NONE at the limit or when memory is out. */
static inline uint32_t pool_take(struct pool *pool)
{
    if (!pool->free_head)
        return pool_take_new(pool);
    uint32_t id = pool->free_head - 1;
    memcpy(&pool->free_head, pool_at(pool, id), sizeof pool->free_head);
    if (pool->cleared)
        memset(pool_at(pool, id), 0, pool->cleared);
    pool->in_use++;
    return id;
}

static inline void pool_give(struct pool *pool, uint32_t id)
{
    memcpy(pool_at(pool, id), &pool->free_head, sizeof pool->free_head);
    pool->free_head = id + 1;
    pool->in_use--;
}

#endif
