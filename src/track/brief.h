/* Attempts in brief. Most attempts of a flood or a scan are a SYN, sent again perhaps, and at most the RST that refuses
 * it. Of those the frames themselves are kept, and nothing else is done: when anything else happens to one, its frames
 * are decoded and it becomes an entry like all others, with the same facts as if it had been one from the start. */
#ifndef TRACK_BRIEF_H
#define TRACK_BRIEF_H

#include <sshsniff/track.h>

#include "kept.h"
#include "pool.h"
#include "waiting.h"

/* Three cache lines, of which the one in the middle is seldom needed. */
struct brief {
    struct kept_frame syn;
    uint32_t second_syn_gap_ms;
    uint32_t name_us;
    struct waiting waiting;
    int64_t last_syn_us;
    uint32_t last_syn_after; /* its frame, counted from the first SYN's */
    int32_t router_after;    /* of a stranger: the frame that shows a router before it; 0: none does */
    uint32_t refusal_id;     /* id + 1 of the kept RST; 0: none */
    uint32_t server_hash;    /* of a stranger's address */
    uint16_t syns;
    uint8_t ttl_min, ttl_max; /* of the SYNs */
    bool told, evicted;
    bool crowd;    /* one of very many alike: not worth remembering once it was told of */
    bool stranger; /* see strangers.h */
};
_Static_assert(sizeof(struct brief) == 3 * POOL_LINE && offsetof(struct brief, waiting) == 2 * POOL_LINE,
               "a brief's lines are as brief_fetch expects them");

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

/* Has the processor fetch what of it is needed most. */
static inline void brief_fetch(const struct brief *b)
{
    line_fetch(&b->syn);
    line_fetch(&b->waiting);
}

/* And what handing it over will read beside. */
void brief_fetch_rest(const struct tracker *t, const struct brief *b);
void brief_hand_over(struct tracker *t, struct brief *b, int64_t until_us);
void brief_drop(struct tracker *t, struct brief *b);

#endif
