/* Attempts in brief. Most attempts of a flood or a scan are a SYN, sent again perhaps, and at most the RST that refuses
 * it. Of those the frames themselves are kept, and nothing else is done: when anything else happens to one, its frames
 * are decoded and it becomes an entry like all others, with the same facts as if it had been one from the start. */
#ifndef TRACK_BRIEF_H
#define TRACK_BRIEF_H

#include <sshsniff/track.h>

#include "kept.h"
#include "pool.h"
#include "waiting.h"

/* Two cache lines. What does not fit makes an entry of it: a SYN sent again with another TTL, a name looked up. */
struct brief {
    struct kept_frame syn;
    uint16_t second_syn_gap_ms;
    struct waiting waiting;                     /* of a stranger, `hash` is its address's */
    uint32_t last_syn_later_us, last_syn_later; /* the last SYN's time and frame, counted from the first SYN's */
    int32_t router_after; /* of a stranger: the frame that shows a router before it, so counted; 0: none does */
    uint16_t refusal_id;  /* id + 1 of the kept RST; 0: none */
    uint8_t syns;
    bool told : 1;
    bool evicted : 1;
    bool crowd : 1;    /* one of very many alike: not worth remembering once it was told of */
    bool stranger : 1; /* see strangers.h */
};
_Static_assert(sizeof(struct brief) == (size_t)2 * POOL_LINE, "a brief's lines are as brief_fetch expects them");

/* Of a SYN's frame, what goes beyond what is kept in brief. */
enum { TAIL_BYTES = 20, BRIEF_FRAME = KEPT_FRAME + TAIL_BYTES };

static inline struct brief *brief_of(const struct waiting *w)
{
    return (struct brief *)((uint8_t *)w - offsetof(struct brief, waiting));
}

/* Takes a frame whose glance is `opening`. GLANCE_DECODE, and nothing is done, where that is not for here. Not inlined,
 * so that the many frames that only pass do not pay for it. */
__attribute__((noinline)) enum glance_result brief_take(struct tracker *t, const struct sight *sight,
                                                        const struct frame *frame);

struct flow_key brief_key(const struct brief *b);
int64_t brief_last_us(const struct tracker *t, const struct brief *b);
/* What its RST, if one is kept, says of the server. */
void brief_learn_refusal(struct tracker *t, const struct brief *b, struct host *server);

/* Makes an entry of it, in its place; NULL when memory is out. `b` is gone then. */
struct entry *brief_promote(struct tracker *t, struct brief *b);

/* Has the processor fetch it. */
static inline void brief_fetch(const struct brief *b)
{
    memory_fetch(b, sizeof *b);
}

/* And what handing it over will read beside. */
void brief_fetch_rest(const struct tracker *t, const struct brief *b);
void brief_hand_over(struct tracker *t, struct brief *b, int64_t until_us);
void brief_drop(struct tracker *t, struct brief *b);

#endif
