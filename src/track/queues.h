/* The queues in which attempts wait. Each is in the table and in one queue, as a whole (struct entry) or, while it is
 * no more than a SYN and perhaps the RST that refuses it, as a compact SYN record (struct compact_syn). Ids tell the
 * two apart. Here are only the lists: who waits where is life.h's to say. */
#ifndef TRACK_QUEUES_H
#define TRACK_QUEUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct tracker;

/* Each queue is in order of time, so that only heads need looking at. */
enum queue_name {
    QUEUE_SYN = 0, /* no answer yet; in order of the first SYN */
    QUEUE_AGAIN,   /* live: the same, but the SYN was sent again, as a flood's is not; in order of the latest SYN */
    QUEUE_OPEN,    /* answered, going on; in order of the last packet; entries only */
    QUEUE_CLOSING, /* live: what decides it was seen, followers are awaited; in order of the deciding packet */
    QUEUE_HELD,    /* file: over; kept to be judged with all that the capture teaches later */
    QUEUE_DONE,    /* live: handed over; kept so that its late packets start no new attempt */
    QUEUE_COUNT
};

struct queued {
    struct list_link link; /* to the ids before and after it */
    uint32_t id, hash;
    uint16_t done_s; /* QUEUE_DONE: the second in which it was handed over, of which only these bits are kept */
    uint8_t queue;
};

#define COMPACT_ID UINT32_C(0x80000000) /* set in a compact SYN record's id */

static inline bool is_compact(const struct queued *w)
{
    return w->id & COMPACT_ID;
}

struct queued *queued_at(const struct tracker *t, uint32_t id);
/* The oldest of a queue, or NULL. */
struct queued *queue_head(const struct tracker *t, enum queue_name name);
void queue_join(struct tracker *t, struct queued *w, enum queue_name name);
void queue_leave(struct tracker *t, struct queued *w);
/* To the newest end of a queue. */
void queue_move(struct tracker *t, struct queued *w, enum queue_name to);
/* `now` takes the place of `before` in its queue and in the table; `now` has its id, and no place yet. */
void queue_replace(struct tracker *t, const struct queued *before, struct queued *now);

/* To QUEUE_DONE. */
void queue_done(struct tracker *t, struct queued *w, int64_t now_us);
/* Of those: whether it was kept for long enough. */
bool queued_is_past(const struct queued *w, int64_t now_us);

#endif
