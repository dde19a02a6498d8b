#include "room.h"

#include "fast/compact_syn.h"
#include "fast/queue_prefetch.h"
#include "fast/syn_only.h"
#include "handover.h"
#include "queues.h"
#include "rivals.h"
#include "server_load.h"
#include "table.h"

/* How long a SYN without an answer stays in a file's table: longer than any stack goes on retransmitting it. */
enum { SYN_FORGET_US = 300000000 };

static void drop_compact(struct tracker *t, struct compact_syn *c)
{
    if (c->syn_only && t->live && !c->forget)
        syn_only_promote(t, c); /* a file's are too many for their hosts to be kept */
    if (c->syn_only)
        syn_only_remove(t, c);
    else
        index_remove(&t->index, c->queued.hash, c->queued.id);
    queue_leave(t, &c->queued);
    compact_free(t, c);
}

static void drop_entry(struct tracker *t, struct entry *entry)
{
    rivals_part(t, entry);
    if (entry->dialogue_id) {
        dialogue_clear(pool_at(&t->dialogues, entry->dialogue_id - 1));
        pool_give(&t->dialogues, entry->dialogue_id - 1);
    }
    if (entry->connection_id) {
        load_leave(t, entry);
        pool_give(&t->connections, entry->connection_id - 1);
    }
    trail_drop(&t->trails, entry->trail_id);
    if (entry->answer_id)
        pool_give(&t->answers, entry->answer_id - 1);
    index_remove(&t->index, entry->queued.hash, entry->queued.id);
    queue_leave(t, &entry->queued);
    pool_give(&t->entries, entry->queued.id);
}

void room_drop(struct tracker *t, struct queued *q)
{
    if (is_compact(q))
        drop_compact(t, compact_of(q));
    else
        drop_entry(t, entry_of(q));
}

void room_report_and_drop(struct tracker *t, struct queued *q, int64_t until_us)
{
    handover_once(t, q, until_us);
    room_drop(t, q);
}

static void note_eviction(struct tracker *t, struct queued *q)
{
    if (is_compact(q))
        compact_of(q)->evicted = true;
    else
        entry_of(q)->attempt.facts |= FACT_EVICTED;
    t->stats.evicted++;
}

/* Makes room for one more of anything: what is over goes first, then what is decided, then the oldest unanswered SYN
 * (live: of those that were not sent again, for so a flood's are known), then who was answered and said nothing, then
 * the most idle connection. The entry that asks is the newest of QUEUE_OPEN, so it is never its own victim. */
static bool evict_one(struct tracker *t, bool answered_only)
{
    static const enum queue_name order[] = {QUEUE_HELD,  QUEUE_DONE,     QUEUE_CLOSING, QUEUE_SYN,
                                            QUEUE_AGAIN, QUEUE_ANSWERED, QUEUE_OPEN};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (answered_only && (order[i] == QUEUE_SYN || order[i] == QUEUE_AGAIN))
            continue;
        struct queued *q = queue_head(t, order[i]);
        if (!q)
            continue;
        if (order[i] != QUEUE_DONE && order[i] != QUEUE_HELD)
            note_eviction(t, q);
        room_report_and_drop(t, q, t->capture.last_us);
        queue_prefetch(t, order[i]);
        return true;
    }
    return false;
}

uint32_t room_take(struct tracker *t, struct pool *pool)
{
    uint32_t id = pool_take(pool);
    while (id == POOL_NONE && evict_one(t, pool != &t->entries))
        id = pool_take(pool);
    return id;
}

void room_make(struct tracker *t)
{
    for (struct queued *q; (q = queue_head(t, QUEUE_SYN)) && t->capture.last_us - queued_last_us(t, q) > SYN_FORGET_US;)
        room_report_and_drop(t, q, t->capture.last_us);
    while (t->entries.in_use + t->compacts.in_use >= t->limits.attempts && evict_one(t, false))
        ;
}

uint32_t room_take_gently(struct tracker *t, struct pool *pool)
{
    uint32_t id = pool_take(pool);
    while (id == POOL_NONE && (t->queue[QUEUE_HELD].head || t->queue[QUEUE_DONE].head) && evict_one(t, true))
        id = pool_take(pool);
    return id;
}
