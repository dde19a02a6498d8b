/* The tables are bounded: what has to go for something new, and how it goes. */
#ifndef TRACK_ROOM_H
#define TRACK_ROOM_H

#include "state.h"

void room_drop(struct tracker *t, struct queued *q);
/* Hands it over, and drops it. */
void room_report_and_drop(struct tracker *t, struct queued *q, int64_t until_us);

/* Before one more attempt is made: forgets what is too old, and what there is no room for. */
void room_make(struct tracker *t);

/* An item of a pool, for which others are evicted where it is full. The attempt that asks must be the newest of
 * QUEUE_OPEN, or in no queue, so that it is not one of them. POOL_NONE when memory is out. */
uint32_t room_take(struct tracker *t, struct pool *pool);
/* The same, but only what is over is evicted. POOL_NONE where nothing is. */
uint32_t room_take_gently(struct tracker *t, struct pool *pool);

#endif
