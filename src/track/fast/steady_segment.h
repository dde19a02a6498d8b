/* A segment of a session in its steady course, and a guess which sessions are in theirs. */
#ifndef TRACK_FAST_STEADY_SEGMENT_H
#define TRACK_FAST_STEADY_SEGMENT_H

#include <stdatomic.h>

#include "quick_parse.h"

/* All that is read of a segment that only goes on with a session. */
struct steady_segment {
    uint32_t interface;
    uint32_t seq, ack, payload_len, flow_label;
    uint16_t src_port, dst_port, window, ip_id;
    uint16_t bits; /* enum mark_bits */
    uint8_t ttl, tos, flags;
};

/* Reads a segment in which a quick parse found all headers to be there. False where more than the usual is in them, or
 * bytes are missing. */
bool steady_segment_read(const struct quick *quick, const struct frame *frame, struct steady_segment *out);

/* Which sessions were steady when last asked, by the hash of their four-tuple: a guess, for the read-ahead thread. */
enum { STEADY_HINTS = 1024 };
struct steady_hints {
    atomic_bool is_steady[STEADY_HINTS];
};

static inline bool steady_is_likely(const struct steady_hints *hints, uint32_t flow_hash)
{
    return atomic_load_explicit(&hints->is_steady[flow_hash % STEADY_HINTS], memory_order_relaxed);
}

#endif
