#include "waiting.h"

#include "brief.h"
#include "tracker.h"

struct waiting *waiting_at(const struct tracker *t, uint32_t id)
{
    if (id & BRIEF_ID)
        return &((struct brief *)pool_at(&t->briefs, id & ~BRIEF_ID))->waiting;
    return &((struct entry *)pool_at(&t->entries, id))->waiting;
}

struct waiting *waiting_head(const struct tracker *t, enum queue_name name)
{
    return t->queue[name].head ? waiting_at(t, t->queue[name].head - 1) : NULL;
}

void waiting_join(struct tracker *t, struct waiting *w, enum queue_name name)
{
    struct queue *queue = &t->queue[name];
    w->queue = (uint8_t)name;
    w->link = (struct link){queue->tail, 0};
    if (queue->tail)
        waiting_at(t, queue->tail - 1)->link.after = w->id + 1;
    else
        queue->head = w->id + 1;
    queue->tail = w->id + 1;
    queue->count++;
}

/* Both neighbours of `w`, or the queue's ends where there is none, come to point to these. */
static void point_to(struct tracker *t, const struct waiting *w, uint32_t from_before, uint32_t from_after)
{
    struct queue *queue = &t->queue[w->queue];
    if (w->link.before)
        waiting_at(t, w->link.before - 1)->link.after = from_before;
    else
        queue->head = from_before;
    if (w->link.after)
        waiting_at(t, w->link.after - 1)->link.before = from_after;
    else
        queue->tail = from_after;
}

void waiting_leave(struct tracker *t, struct waiting *w)
{
    point_to(t, w, w->link.after, w->link.before);
    t->queue[w->queue].count--;
}

void waiting_move(struct tracker *t, struct waiting *w, enum queue_name to)
{
    if (w->queue == (uint8_t)to && !w->link.after)
        return; /* already the newest there */
    waiting_leave(t, w);
    waiting_join(t, w, to);
}

static uint16_t second_of(int64_t us)
{
    return (uint16_t)(us / 1000000);
}

void waiting_done(struct tracker *t, struct waiting *w, int64_t now_us)
{
    w->done_s = second_of(now_us);
    waiting_move(t, w, QUEUE_DONE);
}

bool waiting_is_past(const struct waiting *w, int64_t now_us)
{
    enum { LINGER_S = 60, CLOCK_SET_BACK_S = 3600 };
    uint16_t age = (uint16_t)(second_of(now_us) - w->done_s);
    return age > LINGER_S && age < UINT16_MAX - CLOCK_SET_BACK_S;
}

void waiting_replace(struct tracker *t, const struct waiting *before, struct waiting *now)
{
    uint32_t id = now->id;
    *now = *before;
    now->id = id;
    point_to(t, before, id + 1, id + 1);
    index_replace(&t->index, before->hash, before->id, id);
}

static const struct waiting *after(const struct tracker *t, const struct waiting *w)
{
    return w && w->link.after ? waiting_at(t, w->link.after - 1) : NULL;
}

/* Few of them at a time, for what takes long is to find the pages of the index, and the processor does that for several
 * at once but waits for one. Their own lines are fetched before it is known which they are: those that came one after
 * the other mostly lie one after the other. */
void waiting_fetch(struct tracker *t, enum queue_name name)
{
    enum { TOGETHER = 16 };
    if (t->fetched[name] > 0) {
        t->fetched[name]--;
        return;
    }
    t->fetched[name] = TOGETHER - 1;
    const struct waiting *w = waiting_head(t, name), *last = NULL;
    for (int i = 0; w && is_brief(w) && i < TOGETHER; i++, w = after(t, w)) {
        brief_fetch_rest(t, brief_of(w));
        last = w;
    }
    if (!last)
        return;
    for (uint32_t i = 1, id = last->id & ~BRIEF_ID; i <= TOGETHER && id + i < t->briefs.used; i++)
        brief_fetch(pool_at(&t->briefs, id + i));
}

int64_t waiting_last_us(const struct tracker *t, const struct waiting *w)
{
    return is_brief(w) ? brief_last_us(t, brief_of(w)) : entry_of_waiting(w)->attempt.last_us;
}

void waiting_hand_over(struct tracker *t, struct waiting *w, int64_t until_us)
{
    if (is_brief(w))
        brief_hand_over(t, brief_of(w), until_us);
    else
        attempts_hand_over(t, entry_of_waiting(w), until_us);
}

void waiting_drop(struct tracker *t, struct waiting *w)
{
    if (is_brief(w))
        brief_drop(t, brief_of(w));
    else
        attempts_drop(t, entry_of_waiting(w));
}

void waiting_let_go(struct tracker *t, struct waiting *w, int64_t until_us)
{
    waiting_hand_over(t, w, until_us);
    waiting_drop(t, w);
}
