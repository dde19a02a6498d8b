#include "queue_prefetch.h"

#include "compact_syn.h"

static const struct queued *after(const struct tracker *t, const struct queued *w)
{
    return w && w->link.after ? queued_at(t, w->link.after - 1) : NULL;
}

/* Few of them at a time, for what takes long is to find the pages of the index, and the processor does that for several
 * at once but waits for one. Their own lines are fetched before it is known which they are: those that came one after
 * the other mostly lie one after the other. */
void queue_prefetch(struct tracker *t, enum queue_name name)
{
    enum { TOGETHER = 16 };
    if (t->prefetched[name] > 0) {
        t->prefetched[name]--;
        return;
    }
    t->prefetched[name] = TOGETHER - 1;
    const struct queued *w = queue_head(t, name), *last = NULL;
    for (int i = 0; w && is_compact(w) && i < TOGETHER; i++, w = after(t, w)) {
        compact_prefetch_rest(t, compact_of(w));
        last = w;
    }
    if (!last)
        return;
    for (uint32_t i = 1, id = last->id & ~COMPACT_ID; i <= TOGETHER && id + i < t->compacts.used; i++)
        compact_prefetch(pool_at(&t->compacts, id + i));
}
