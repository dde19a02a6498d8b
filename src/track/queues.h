/* The queues in which attempts wait. Here are only the lists: who waits where is life.h's to say. */
#ifndef TRACK_QUEUES_H
#define TRACK_QUEUES_H

#include "state.h"

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
