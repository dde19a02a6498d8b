/* The table of attempts: found by four-tuple, whichever side sent. */
#ifndef TRACK_TABLE_H
#define TRACK_TABLE_H

#include "state.h"

uint32_t table_hash(const struct tracker *t, const struct flow_key *key);

/* `hash` is the four-tuple's; `side`, of the side that `src` is. NULL where there is none. */
struct queued *table_find(const struct tracker *t, uint32_t hash, const struct address *src, uint16_t src_port,
                          const struct address *dst, uint16_t dst_port, enum side *side);

/* Of the packets that belong to it, the latest (microseconds). */
int64_t queued_last_us(const struct tracker *t, const struct queued *q);

#endif
