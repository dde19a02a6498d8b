/* Doubly linked lists of pool items by id: oldest at the head. The links live in the items. */
#ifndef TRACK_QUEUE_H
#define TRACK_QUEUE_H

#include "pool.h"

struct link {
    uint32_t before, after; /* id + 1, 0: none */
};

struct queue {
    uint32_t head, tail; /* id + 1, 0: empty */
    uint32_t count;
};

/* `at` is where struct link lies in the item (bytes). */
static inline struct link *queue_link(const struct pool *pool, size_t at, uint32_t id_plus_1)
{
    return (struct link *)((uint8_t *)pool_at(pool, id_plus_1 - 1) + at);
}

static inline void queue_append(struct queue *queue, const struct pool *pool, size_t at, uint32_t id)
{
    struct link *item = queue_link(pool, at, id + 1);
    item->before = queue->tail;
    item->after = 0;
    if (queue->tail)
        queue_link(pool, at, queue->tail)->after = id + 1;
    else
        queue->head = id + 1;
    queue->tail = id + 1;
    queue->count++;
}

static inline void queue_remove(struct queue *queue, const struct pool *pool, size_t at, uint32_t id)
{
    struct link *item = queue_link(pool, at, id + 1);
    if (item->before)
        queue_link(pool, at, item->before)->after = item->after;
    else
        queue->head = item->after;
    if (item->after)
        queue_link(pool, at, item->after)->before = item->before;
    else
        queue->tail = item->before;
    item->before = item->after = 0;
    queue->count--;
}

#endif
