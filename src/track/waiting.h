/* What an attempt waits as: the tracker keeps each in the table and in one queue, whole (struct entry) or, while it is
 * no more than a SYN and perhaps the RST that refuses it, in brief (struct brief). Ids tell the two apart. */
#ifndef TRACK_WAITING_H
#define TRACK_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "queue.h"

struct tracker;

/* Each queue is in order of time, so that only heads need looking at. */
enum queue_name {
    QUEUE_SYN = 0, /* no answer yet; in order of the first SYN */
    QUEUE_AGAIN,   /* live: the same, but the SYN was sent again, as a flood's is not; in order of that */
    QUEUE_OPEN,    /* answered, going on; in order of the last packet; entries only */
    QUEUE_CLOSING, /* live: what decides it was seen, followers are awaited; in order of the deciding packet */
    QUEUE_HELD,    /* file: over; kept to be judged with all that the capture teaches later */
    QUEUE_DONE,    /* live: handed over; kept so that its late packets start no new attempt */
    QUEUE_COUNT
};

struct waiting {
    struct link link; /* to the ids before and after it */
    uint32_t id, hash;
    uint16_t done_s; /* QUEUE_DONE: the second in which it was handed over, of which only these bits are kept */
    uint8_t queue;
};

#define BRIEF_ID UINT32_C(0x80000000) /* set in a brief's id */

static inline bool is_brief(const struct waiting *w)
{
    return w->id & BRIEF_ID;
}

struct waiting *waiting_at(const struct tracker *t, uint32_t id);
/* The oldest of a queue, or NULL. */
struct waiting *waiting_head(const struct tracker *t, enum queue_name name);
void waiting_join(struct tracker *t, struct waiting *w, enum queue_name name);
void waiting_leave(struct tracker *t, struct waiting *w);
/* To the newest end of a queue. */
void waiting_move(struct tracker *t, struct waiting *w, enum queue_name to);
/* `now` takes the place of `before` in its queue and in the table; `now` has its id, and no place yet. */
void waiting_replace(struct tracker *t, const struct waiting *before, struct waiting *now);

/* To QUEUE_DONE. */
void waiting_done(struct tracker *t, struct waiting *w, int64_t now_us);
/* Of those: whether it was remembered for long enough. */
bool waiting_is_past(const struct waiting *w, int64_t now_us);

/* The next ones to leave a queue were last touched long ago: has the processor fetch them before their turn comes. */
void waiting_fetch(struct tracker *t, enum queue_name name);

/* Of the packets that belong to it, the latest (microseconds). */
int64_t waiting_last_us(const struct tracker *t, const struct waiting *w);
void waiting_hand_over(struct tracker *t, struct waiting *w, int64_t until_us);
void waiting_drop(struct tracker *t, struct waiting *w);
/* Both: it is told of, and gone. */
void waiting_let_go(struct tracker *t, struct waiting *w, int64_t until_us);

#endif
