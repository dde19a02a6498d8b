/* One source from its first frame to its last: source → decode → track → diagnose → report. */
#ifndef RUN_LOOP_H
#define RUN_LOOP_H

#include "sorted_frames.h"
#include "watch.h"

#define READ_TIMEOUT_MS 10
/* Captures on several queues or interfaces are out of order by microseconds, which the tracker bears. More than this,
 * in a file that fits, is worth sorting first. */
#define DISORDER_US 1000

/* What the process takes beside the tracker's tables: buffers, the counts of the summary, libraries (bytes). */
#define MEMORY_BESIDE_TABLES ((size_t)20 << 20)

/* Runs over one source, with a tracker of its own: two captures share no connections. `sorted`: its frames, already
 * read; NULL: read them. */
void watch_source(struct watch *watch, struct source *source, const struct sorted_frames *sorted);

#endif
