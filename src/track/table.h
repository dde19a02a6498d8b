/* The table of attempts: found by four-tuple, whichever side sent. */
#ifndef TRACK_TABLE_H
#define TRACK_TABLE_H

#include "state.h"

/* Of both ends' hash_address and ports. The same for both directions, so that one probe serves a packet whichever way
 * it goes. */
static inline uint32_t flow_hash(uint64_t a, uint16_t a_port, uint64_t b, uint16_t b_port)
{
    return (uint32_t)hash_fold(a ^ (uint64_t)a_port << 24, b ^ (uint64_t)b_port << 24);
}

uint32_t table_hash(const struct tracker *t, const struct flow_key *key);

/* `hash` is the four-tuple's; `side`, of the side that `src` is. NULL where there is none. */
struct queued *table_find(const struct tracker *t, uint32_t hash, const struct address *src, uint16_t src_port,
                          const struct address *dst, uint16_t dst_port, enum side *side);

/* Of the packets that belong to it, the latest (microseconds). */
int64_t queued_last_us(const struct tracker *t, const struct queued *q);

#endif
