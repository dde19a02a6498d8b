/* Attempts in brief. Most attempts of a flood or a scan are a SYN, sent again perhaps, and at most the RST that refuses
 * it. Of those the frames themselves are kept, and nothing else is done: when anything else happens to one, its frames
 * are decoded and it becomes an entry like all others, with the same facts as if it had been one from the start. */
#ifndef TRACK_FAST_COMPACT_SYN_H
#define TRACK_FAST_COMPACT_SYN_H

#include <sshsniff/tracker.h>

#include "base/pool.h"
#include "raw_headers.h"
#include "track/queues.h"

/* Two cache lines. What does not fit makes an entry of it: a SYN sent again with another TTL, a name looked up. */
struct compact_syn {
    struct raw_headers syn;
    uint16_t second_syn_gap_ms;
    struct queued queued;                       /* of a stranger, `hash` is its address's */
    uint32_t last_syn_later_us, last_syn_later; /* the last SYN's time and frame, counted from the first SYN's */
    int32_t router_after; /* of a stranger: the frame that shows a router before it, so counted; 0: none does */
    uint16_t refusal_id;  /* id + 1 of the kept RST; 0: none */
    uint8_t syns;
    bool reported : 1;
    bool evicted : 1;
    bool load : 1;     /* one of very many alike: not worth remembering once it was told of */
    bool syn_only : 1; /* see syn_only_servers.h */
};
_Static_assert(sizeof(struct compact_syn) == (size_t)2 * POOL_LINE, "a brief's lines are as brief_fetch expects them");

/* Of a SYN's frame, what goes beyond what is kept in brief. */
enum { TAIL_BYTES = 20, COMPACT_FRAME = RAW_FRAME + TAIL_BYTES };

static inline struct compact_syn *compact_of(const struct queued *w)
{
    return (struct compact_syn *)((uint8_t *)w - offsetof(struct compact_syn, queued));
}

/* Takes a frame whose glance is `opening`. QUICK_NEEDS_DECODE, and nothing is done, where that is not for here. Not
 * inlined, so that the many frames that only pass do not pay for it. */
__attribute__((noinline)) enum quick_result compact_take(struct tracker *t, const struct parsed_frame *parsed_frame,
                                                         const struct frame *frame);

struct flow_key compact_key(const struct compact_syn *b);
int64_t compact_last_us(const struct tracker *t, const struct compact_syn *b);
/* What its RST, if one is kept, says of the server. */
void compact_learn_refusal(struct tracker *t, const struct compact_syn *b, struct host *server);

/* Makes an entry of it, in its place; NULL when memory is out. `b` is gone then. */
struct entry *compact_promote(struct tracker *t, struct compact_syn *b);

/* Has the processor fetch it. */
static inline void compact_prefetch(const struct compact_syn *b)
{
    memory_prefetch(b, sizeof *b);
}

/* And what handing it over will read beside. */
void compact_prefetch_rest(const struct tracker *t, const struct compact_syn *b);
void compact_report(struct tracker *t, struct compact_syn *b, int64_t until_us);
void compact_drop(struct tracker *t, struct compact_syn *b);

#endif
