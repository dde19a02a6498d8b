/* -w with filters: the frames of the attempts that were shown are saved when the capture is read once more, for which
 * of them are is known only at its end. */
#ifndef RUN_SHOWN_FRAMES_H
#define RUN_SHOWN_FRAMES_H

#include <sshsniff/attempt.h>
#include <sshsniff/packet.h>

/* No more attempts are remembered. */
#define SHOWN_FRAMES_MOST ((size_t)1 << 20)

struct shown_flow {
    struct flow_key key;
    int64_t first_us, last_us;
};

struct shown_frames {
    struct shown_flow *flow;
    size_t count, room;
    struct address *address; /* of all ends, once ready */
    size_t addresses;
    bool left_out; /* there were more, or memory was out */
};

void shown_frames_add(struct shown_frames *frames, const struct flow_key *key, int64_t first_us, int64_t last_us);

/* After the last was added, before the first is asked for. */
void shown_frames_ready(struct shown_frames *frames);

/* Whether the packet is one of such an attempt, or an ICMP error about it; of ARP, neighbour discovery and DNS: whether
 * it is about an end of one. */
bool shown_frames_have(const struct shown_frames *frames, const struct packet *packet);

/* For the next capture. */
void shown_frames_free(struct shown_frames *frames);

#endif
