#include "queues.h"

#include "state.h"
#include "track/fast/compact_syn.h"

struct queued *queued_at(const struct tracker *t, uint32_t id)
{
    if (id & COMPACT_ID)
        return &((struct compact_syn *)pool_at(&t->compacts, id & ~COMPACT_ID))->queued;
    return &((struct entry *)pool_at(&t->entries, id))->queued;
}

struct queued *queue_head(const struct tracker *t, enum queue_name name)
{
    return t->queue[name].head ? queued_at(t, t->queue[name].head - 1) : NULL;
}

void queue_join(struct tracker *t, struct queued *w, enum queue_name name)
{
    struct list *queue = &t->queue[name];
    w->queue = (uint8_t)name;
    w->link = (struct list_link){queue->tail, 0};
    if (queue->tail)
        queued_at(t, queue->tail - 1)->link.after = w->id + 1;
    else
        queue->head = w->id + 1;
    queue->tail = w->id + 1;
    queue->count++;
}

/* Both neighbours of `w`, or the queue's ends where there is none, come to point to these. */
static void point_to(struct tracker *t, const struct queued *w, uint32_t from_before, uint32_t from_after)
{
    struct list *queue = &t->queue[w->queue];
    if (w->link.before)
        queued_at(t, w->link.before - 1)->link.after = from_before;
    else
        queue->head = from_before;
    if (w->link.after)
        queued_at(t, w->link.after - 1)->link.before = from_after;
    else
        queue->tail = from_after;
}

void queue_leave(struct tracker *t, struct queued *w)
{
    point_to(t, w, w->link.after, w->link.before);
    t->queue[w->queue].count--;
}

void queue_move(struct tracker *t, struct queued *w, enum queue_name to)
{
    if (w->queue == (uint8_t)to && !w->link.after)
        return; /* already the newest there */
    queue_leave(t, w);
    queue_join(t, w, to);
}

static uint16_t second_of(int64_t us)
{
    return (uint16_t)(us / 1000000);
}

void queue_done(struct tracker *t, struct queued *w, int64_t now_us)
{
    w->done_s = second_of(now_us);
    queue_move(t, w, QUEUE_DONE);
}

bool queued_is_past(const struct queued *w, int64_t now_us)
{
    enum { LINGER_S = 60, CLOCK_SET_BACK_S = 3600 };
    uint16_t age = (uint16_t)(second_of(now_us) - w->done_s);
    return age > LINGER_S && age < UINT16_MAX - CLOCK_SET_BACK_S;
}

void queue_replace(struct tracker *t, const struct queued *before, struct queued *now)
{
    uint32_t id = now->id;
    *now = *before;
    now->id = id;
    point_to(t, before, id + 1, id + 1);
    index_replace(&t->index, before->hash, before->id, id);
}
