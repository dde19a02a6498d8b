/* Doubly linked lists of pool items by id: oldest at the head. The links live in the items. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "pool.h"

struct list_link {
    uint32_t before, after; /* id + 1, 0: none */
};

struct list {
    uint32_t head, tail; /* id + 1, 0: empty */
    uint32_t count;
};

/* `at` is where struct link lies in the item (bytes). */
static inline struct list_link *list_link_at(const struct pool *pool, size_t at, uint32_t id_plus_1)
{
    return (struct list_link *)((uint8_t *)pool_at(pool, id_plus_1 - 1) + at);
}

static inline void list_append(struct list *queue, const struct pool *pool, size_t at, uint32_t id)
{
    struct list_link *item = list_link_at(pool, at, id + 1);
    item->before = queue->tail;
    item->after = 0;
    if (queue->tail)
        list_link_at(pool, at, queue->tail)->after = id + 1;
    else
        queue->head = id + 1;
    queue->tail = id + 1;
    queue->count++;
}

static inline void list_remove(struct list *queue, const struct pool *pool, size_t at, uint32_t id)
{
    struct list_link *item = list_link_at(pool, at, id + 1);
    if (item->before)
        list_link_at(pool, at, item->before)->after = item->after;
    else
        queue->head = item->after;
    if (item->after)
        list_link_at(pool, at, item->after)->before = item->before;
    else
        queue->tail = item->before;
    item->before = item->after = 0;
    queue->count--;
}

#endif
