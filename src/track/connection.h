/* What both sides do after the SYN: sequence space, retransmissions, FINs and RSTs. */
#ifndef TRACK_CONNECTION_H
#define TRACK_CONNECTION_H

#include <sshsniff/track.h>

/* What a segment meant for its connection. */
struct segment_news {
    bool duplicate; /* the same frame seen again */
    bool fresh;     /* payload with bytes not seen before */
    int64_t rtt_us; /* it acknowledges a segment that was timed: microseconds since; 0: it does not */
};

struct segment_news connection_segment(struct connection *connection, enum side side, const struct packet *packet);

#endif
