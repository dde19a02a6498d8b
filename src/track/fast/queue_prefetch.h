/* The attempts that leave a queue next were last touched long ago, so each would be waited for: has the processor fetch
 * several of them at once, before their turn comes. */
#ifndef TRACK_FAST_QUEUE_PREFETCH_H
#define TRACK_FAST_QUEUE_PREFETCH_H

#include "track/state.h"

/* Called for each that leaves. */
void queue_prefetch(struct tracker *t, enum queue_name name);

#endif
