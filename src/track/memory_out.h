/* Whether memory was out: what was seen then may be missing from any attempt, from what is known of its hosts, or be an
 * attempt of which nothing is known. */
#ifndef TRACK_MEMORY_OUT_H
#define TRACK_MEMORY_OUT_H

#include "state.h"

/* Has the tables, once they are made, count in the tracker how often memory was out; those that are made later are told
 * where by their own init. */
void memory_out_count(struct tracker *t);

/* Sets capture.memory_out_us where memory was out since this was last called. */
void memory_out_note(struct tracker *t);

/* Of an attempt that began then. */
bool memory_out_concerns(const struct tracker *t, int64_t first_us);

#endif
