/* What both sides do after the SYN: sequence space, retransmissions, FINs and RSTs. */
#ifndef TRACK_CONNECTION_H
#define TRACK_CONNECTION_H

#include <sshsniff/tracker.h>

/* What a segment meant for its connection. */
struct segment_news {
    bool duplicate; /* the same frame seen again */
    bool fresh;     /* payload with bytes not seen before */
    int64_t rtt_us; /* it acknowledges a segment that was timed: microseconds since; 0: it does not */
};

/* Nothing retransmits within this time; mirror ports and routers' interfaces show the same frame well within it. */
enum { SAME_FRAME_US = 5000 };

/* The parts of which connection_segment is made. `acker` has acknowledged: the microseconds since the segment was sent
 * that was timed, or 0. */
int64_t connection_acknowledge(struct flow_side *acker, struct flow_side *other, uint32_t ack, int64_t ts_us);
void connection_note_payload(struct flow_side *sender, int64_t ts_us, uint8_t ttl);
/* Payload with this TOS, which ends at `end`. */
void connection_note_marking(struct flow_side *sender, uint8_t tos, uint32_t end);
/* By payload that ends beyond what had come. */
void connection_extend(struct flow_side *sender, uint32_t seq, uint32_t payload_len, int64_t ts_us);

struct segment_news connection_segment(struct connection *connection, enum side side, const struct packet *packet);

#endif
