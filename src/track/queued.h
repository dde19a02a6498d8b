/* An attempt's place in a queue. Each attempt is in the table and in one queue, as a whole (struct entry) or, while it
 * is no more than a SYN and perhaps the RST that refuses it, as a compact SYN record (struct compact_syn). Ids tell the
 * two apart. */
#ifndef TRACK_QUEUED_H
#define TRACK_QUEUED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* Each queue is in order of time, so that only heads need looking at. */
enum queue_name {
    QUEUE_SYN = 0,  /* no answer yet; in order of the first SYN */
    QUEUE_AGAIN,    /* live: the same, but the SYN was sent again, as a flood's is not; in order of the latest SYN */
    QUEUE_ANSWERED, /* answered, and nothing was said yet; in order of the last packet; entries only */
    QUEUE_OPEN,     /* something was said, going on; in order of the last packet; entries only */
    QUEUE_CLOSING,  /* live: what decides it was seen, followers are awaited; in order of the deciding packet */
    QUEUE_HELD,     /* file: over; kept to be judged with all that the capture teaches later */
    QUEUE_DONE,     /* live: handed over; kept so that its late packets start no new attempt */
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

#endif
