/* Compact SYN records. Most attempts of a flood or a scan are a SYN, sent again perhaps, and at most the RST that
 * refuses it. Of those the raw headers are kept, and nothing else is done: when anything else happens to one, its
 * headers are decoded and it becomes an entry like all others, with the same facts as if it had been one from the
 * start. */
#ifndef TRACK_FAST_COMPACT_SYN_H
#define TRACK_FAST_COMPACT_SYN_H

#include "quick_parse.h"
#include "raw_headers.h"
#include "track/state.h"

/* Two cache lines. What does not fit makes an entry of it: a SYN sent again with another TTL, a name looked up. */
struct compact_syn {
    struct raw_headers syn;
    uint16_t second_syn_gap_ms;
    struct queued queued;                       /* with syn_only, `hash` is its server's address's */
    uint32_t last_syn_later_us, last_syn_later; /* the last SYN's time and frame, counted from the first SYN's */
    int32_t router_after; /* with syn_only: the frame that shows a router before it, so counted; 0: none does */
    uint16_t refusal_id;  /* id + 1 of the kept RST; 0: none */
    uint8_t syns;
    bool reported : 1;
    bool evicted : 1;
    bool forget : 1;   /* one of very many alike: not worth remembering once it was handed over */
    bool syn_only : 1; /* its server is no host yet: see syn_only.h */
};
_Static_assert(sizeof(struct compact_syn) == (size_t)2 * POOL_LINE, "compact_prefetch expects two cache lines");

/* Of a SYN's frame, what goes beyond the raw headers. */
enum { TAIL_BYTES = 20, COMPACT_FRAME = RAW_FRAME + TAIL_BYTES };

static inline struct compact_syn *compact_of(const struct queued *q)
{
    return (struct compact_syn *)((uint8_t *)q - offsetof(struct compact_syn, queued));
}

/* True for a frame whose headers can be kept. */
bool compact_can_keep(const struct frame *frame);
/* A record of a SYN, in no queue and no table yet. NULL when memory is out. */
struct compact_syn *compact_new(struct tracker *t, const struct frame *frame, uint32_t hash);
void compact_free(struct tracker *t, struct compact_syn *c);

/* The same SYN, after a time that makes it a retransmission: can the record take it? And takes it. */
bool compact_can_repeat(const struct compact_syn *c, const struct quick *quick, const struct frame *frame);
void compact_repeat(struct compact_syn *c, const struct frame *frame);

/* The RST that refuses the SYN: can the record take it? And takes it: false when memory is out. */
bool compact_can_refuse(const struct compact_syn *c, const struct quick *quick, const struct frame *frame);
bool compact_refuse(struct tracker *t, struct compact_syn *c, const struct frame *frame);

/* Its SYN's sequence number. */
uint32_t compact_seq(const struct compact_syn *c);
struct flow_key compact_key(const struct compact_syn *c);
int64_t compact_last_syn_us(const struct compact_syn *c);
int64_t compact_last_us(const struct tracker *t, const struct compact_syn *c);
/* What its RST, if one is kept, says of the server. */
void compact_learn_refusal(struct tracker *t, const struct compact_syn *c, struct host *server);

/* The facts as an attempt's, and with a RST as an answer's. */
void compact_to_attempt(const struct tracker *t, const struct compact_syn *c, struct attempt *attempt,
                        struct answer *answer);
/* What its SYN is known again by, as syn_trait_of; `id` without COMPACT_ID. False where the record is another one's by
 * now.
 */
bool compact_trait(const struct tracker *t, uint32_t id, const struct syn_trait *noted, struct syn_trait *out);
struct attempt_summary compact_summary(const struct tracker *t, const struct compact_syn *c);
/* False where something was learned of the host, the port or the client that a row may read. */
bool compact_evidence_key(const struct tracker *t, const struct compact_syn *c, const struct flow_key *key,
                          int64_t until_us, struct evidence_key *out);

/* Has the processor fetch it. */
static inline void compact_prefetch(const struct compact_syn *c)
{
    memory_prefetch(c, sizeof *c);
}

/* And what handing it over will read beside. */
void compact_prefetch_rest(const struct tracker *t, const struct compact_syn *c);

#endif
