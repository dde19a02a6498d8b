#include "pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void want_huge(void *at, size_t size)
{
#ifdef MADV_HUGEPAGE
    madvise(at, size, MADV_HUGEPAGE); /* where that fails, small pages do */
#else
    (void)at;
    (void)size;
#endif
}

static size_t up_to(size_t step, size_t size)
{
    return (size + step - 1) / step * step;
}

static void *allocate_small(size_t size)
{
    void *memory = aligned_alloc(POOL_LINE, up_to(POOL_LINE, size));
    return memory ? memset(memory, 0, size) : NULL;
}

/* From the system, which clears it page by page as it is touched: more is asked for than is kept, for it to begin where
 * a huge page does. */
static void *allocate_large(size_t size)
{
    uint8_t *range = mmap(NULL, size + POOL_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (range == MAP_FAILED)
        return NULL;
    const size_t before = up_to(POOL_HUGE, (uintptr_t)range) - (uintptr_t)range;
    if (before)
        munmap(range, before);
    munmap(range + before + size, POOL_HUGE - before);
    want_huge(range + before, size);
    return range + before;
}

void *pool_allocate(size_t size)
{
    return size < POOL_HUGE ? allocate_small(size) : allocate_large(up_to(POOL_HUGE, size));
}

void pool_release(void *memory, size_t size)
{
    if (size < POOL_HUGE)
        free(memory);
    else
        munmap(memory, up_to(POOL_HUGE, size));
}

/* Ranges that were given back: whoever reads one capture after another needs the same ones again, and asking the system
 * for them costs more than a small capture itself. */
enum { SPARES = 16 };
static _Thread_local struct spare {
    void *range;
    size_t range_bytes, open;
} spares[SPARES];

static bool take_spare(struct pool *pool)
{
    for (int i = 0; i < SPARES; i++)
        if (spares[i].range && spares[i].range_bytes == pool->range_bytes) {
            pool->range = spares[i].range;
            pool->open = spares[i].open;
            spares[i].range = NULL;
            return true;
        }
    return false;
}

/* False where there is no place for one more. What a large capture had filled goes back to the system. */
static bool keep_spare(const struct pool *pool)
{
    for (int i = 0; i < SPARES; i++)
        if (!spares[i].range) {
            if (pool->open > POOL_HUGE)
                madvise(pool->item + POOL_HUGE, pool->open - POOL_HUGE, MADV_DONTNEED);
            spares[i] = (struct spare){pool->range, pool->range_bytes, pool->open};
            return true;
        }
    return false;
}

/* Reserved without access, so that a system that promises no more memory than it has does not count it. The first part
 * stays in small pages, for most tables never grow beyond it. */
static bool reserve(struct pool *pool, size_t bytes)
{
    pool->range_bytes = up_to(POOL_HUGE, bytes) + POOL_HUGE;
    const bool used_before = take_spare(pool);
    if (!used_before)
        pool->range = mmap(NULL, pool->range_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pool->range == MAP_FAILED)
        return false;
    size_t beyond = (uintptr_t)pool->range % POOL_HUGE;
    pool->item = (uint8_t *)pool->range + (beyond ? POOL_HUGE - beyond : 0);
    if (bytes > POOL_HUGE && !used_before)
        want_huge(pool->item + POOL_HUGE, bytes - POOL_HUGE);
    return true;
}

/* Few calls for a large table, and none of its memory promised to a small one. */
static bool open_more(struct pool *pool)
{
    enum { STEPS = 8 };
    size_t step = pool->open < STEPS * POOL_HUGE ? POOL_HUGE : STEPS * POOL_HUGE, end = pool->range_bytes - POOL_HUGE;
    if (step > end - pool->open)
        step = end - pool->open;
    if (!step || mprotect(pool->item + pool->open, step, PROT_READ | PROT_WRITE) != 0)
        return false;
    pool->open += step;
    return true;
}

int pool_init(struct pool *pool, size_t item_size, uint32_t limit)
{
    memset(pool, 0, sizeof *pool);
    pool->item_size = (item_size + 7) & ~(size_t)7;
    /* An odd number of lines, or the items' first ones would share few sets of the cache; two are read together. */
    if (pool->item_size > (size_t)2 * POOL_LINE && pool->item_size % ((size_t)2 * POOL_LINE) == 0)
        pool->item_size += POOL_LINE;
    pool->cleared = pool->item_size;
    pool->limit = limit;
    return reserve(pool, pool->item_size * limit);
}

void pool_destroy(struct pool *pool)
{
    if (pool->item && !keep_spare(pool))
        munmap(pool->range, pool->range_bytes);
    memset(pool, 0, sizeof *pool);
}

bool pool_reach(struct pool *pool, uint32_t id)
{
    while (((size_t)id + 1) * pool->item_size > pool->open)
        if (!open_more(pool)) {
            if (pool->failures)
                ++*pool->failures;
            return false;
        }
    if (id >= pool->used)
        pool->used = id + 1;
    return true;
}

uint32_t pool_take_new(struct pool *pool)
{
    if (pool->used == pool->limit)
        return POOL_NONE;
    uint32_t id = pool->used;
    if (!pool_reach(pool, id))
        return POOL_NONE;
    if (pool->cleared)
        memset(pool_at(pool, id), 0, pool->cleared);
    pool->in_use++;
    return id;
}

size_t pool_bytes(const struct pool *pool)
{
    return (size_t)pool->used * pool->item_size;
}
