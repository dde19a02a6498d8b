/* How fast a sweep of all ports may go: as fast as answers come, and never faster than asked for. */
#ifndef PROBE_PACE_H
#define PROBE_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { PACE_SPAN = 256, PACE_SPANS = 65536 / PACE_SPAN };

/* SYNs that are next to each other in the order of sending: lost or answered, they are judged together. */
struct pace_span {
    int64_t sent_us; /* the latest of them */
    uint32_t sent, answered;
};

struct pace {
    pthread_mutex_t lock; /* of all below; senders and the receiver are threads of their own */
    unsigned rate;        /* the most, packets a second */
    struct pace_span span[PACE_SPANS];
    unsigned judged; /* spans before this one are answered, lost, or never will be answered */
    unsigned newest; /* the latest one that something was sent of */
    unsigned epoch;  /* what was sent in spans before this one was sent with a window that is no more */
    uint64_t gone, answers, under_way;
    int64_t begun_us, next_us, rtt_us;
    double window;
    bool careful; /* a loss was seen */
};

void pace_init(struct pace *pace, unsigned rate);
/* Begins a round: what was learned of losses stays, what was under way does not. `rtt_us`: 0 where it is not known. */
void pace_begin(struct pace *pace, int64_t now_us, int64_t rtt_us);
/* Whether `count` SYNs may go out now, whose first has this place in the order; if so they count as sent. */
bool pace_may_send(struct pace *pace, int64_t now_us, uint16_t place, unsigned count);
/* Towards a near host only the processors set the pace: true in the moment that its round may take. */
bool pace_is_brief(const struct pace *pace, int64_t now_us);
void pace_answered(struct pace *pace, uint16_t place);

#endif
