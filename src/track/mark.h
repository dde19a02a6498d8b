/* What is recorded of one packet. */
#ifndef TRACK_MARK_H
#define TRACK_MARK_H

#include <sshsniff/tracker.h>

/* Of a SYN or a RST without payload the checksum is looked at too: nobody asks for others'. */
void mark_segment(struct mark *mark, const struct packet *packet);
void mark_icmp(struct icmp_mark *mark, const struct packet *packet);

static inline bool mark_seen(const struct mark *mark)
{
    return mark->number != 0;
}

/* True where `packet` is another sighting of the frame behind `mark` (mirror port, several interfaces), not a
 * retransmission: nothing sends the same segment again within `window_us`. */
bool mark_is_same_frame(const struct mark *mark, const struct packet *packet, int64_t window_us);

/* Sequence numbers compared modulo 2^32 (RFC 9293 section 3.4). */
static inline bool seq_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline bool seq_at_or_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) >= 0;
}

#endif
