/* How fast a sweep of all ports may go: as fast as answers come, and never faster than asked for. */
#ifndef PROBE_PACE_H
#define PROBE_PACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PACE_NOTES 64

/* How many SYNs had been sent by when. */
struct pace_note {
    int64_t at_us;
    uint64_t gone;
};

struct pace {
    unsigned rate;                     /* the most, packets a second */
    unsigned burst;                    /* SYNs that go out at once */
    _Atomic uint64_t gone, answers;    /* of this round; senders and the receiver count them */
    pthread_mutex_t lock;              /* of all below */
    struct pace_note note[PACE_NOTES]; /* a ring: noted - seen are in use */
    unsigned noted, seen;
    uint64_t settled; /* sent longer ago than patience_us */
    uint64_t answers_seen, lost_judged, settled_judged;
    int64_t begun_us, judged_us, patience_us;
    double window;
    bool careful; /* a loss was seen */
};

void pace_init(struct pace *pace, unsigned rate, unsigned burst);
/* Begins a round: what was learned of losses stays, what was under way does not. `rtt_us`: 0 where it is not known. */
void pace_begin(struct pace *pace, int64_t now_us, int64_t rtt_us);
/* Whether another burst may go out. Any thread may ask. */
bool pace_may_send(struct pace *pace, int64_t now_us);

#endif
