#include "clock_steps.h"

#include <string.h>

#include <sshsniff/packet.h>

#include "base/keyed_hash.h"

/* Several queues or interfaces are out of order by less; a clock is set back by more. */
enum { STEP_US = 500000 };

/* One direction of a connection; a later one takes the place of another with the same hash. */
struct direction {
    uint32_t hash, seq, ack;
    bool used, acked;
};

enum { DIRECTIONS = 4096 };

static bool falls(uint32_t before, uint32_t now)
{
    return (int32_t)(now - before) < 0;
}

static uint32_t hash_of(const struct address *from, uint16_t from_port, const struct address *to, uint16_t to_port)
{
    return hash_address(from, &hash_key_fixed) * 3 + hash_address(to, &hash_key_fixed) + from_port * 0x9e3779b1u +
           to_port;
}

/* Who opens a connection has not been answered yet. */
static bool opens_late(const struct direction *all, const struct packet *p)
{
    const uint32_t hash = hash_of(&p->dst, p->tcp.dst_port, &p->src, p->tcp.src_port);
    const struct direction *back = &all[hash % DIRECTIONS];
    return (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && back->used && back->hash == hash;
}

/* How often this segment's numbers contradict that it came after the ones before it, 0 to 2. A RST's may be anything.
 */
static unsigned contradicts(struct direction *all, const struct packet *p)
{
    const uint32_t hash = hash_of(&p->src, p->tcp.src_port, &p->dst, p->tcp.dst_port);
    struct direction *d = &all[hash % DIRECTIONS];
    const bool known = d->used && d->hash == hash;
    unsigned count = opens_late(all, p);
    if (!known)
        *d = (struct direction){.hash = hash, .used = true, .seq = p->tcp.seq};
    if (p->tcp.flags & TCP_RST)
        return count;
    count += known && falls(d->seq, p->tcp.seq);
    count += d->acked && p->tcp.flags & TCP_ACK && falls(d->ack, p->tcp.ack);
    d->seq = p->tcp.seq;
    d->ack = p->tcp.ack;
    d->acked = p->tcp.flags & TCP_ACK;
    return count > 2 ? 2 : count;
}

/* Places are those of `sorted`, or of the file where that is NULL. */
static size_t contradictions(const struct frame *frame, const size_t *sorted, size_t count, struct direction *all,
                             struct decoder *decoder)
{
    size_t sum = 0;
    memset(all, 0, DIRECTIONS * sizeof *all);
    for (size_t i = 0; i < count; i++) {
        struct packet packet;
        if (decode_frame(decoder, &frame[sorted ? sorted[i] : i], &packet) == DECODE_OK && packet.kind == PACKET_TCP)
            sum += contradicts(all, &packet);
    }
    return sum;
}

bool clock_was_set_back(const struct frame *frame, const size_t *sorted, size_t count)
{
    static struct direction all[DIRECTIONS];
    bool step = false;
    for (size_t i = 1; i < count && !step; i++)
        step = frame[i].ts_us < frame[i - 1].ts_us - STEP_US;
    struct decoder *decoder = step ? decoder_new() : NULL;
    if (!decoder)
        return false;
    bool set_back =
        contradictions(frame, NULL, count, all, decoder) < contradictions(frame, sorted, count, all, decoder);
    decoder_free(decoder);
    return set_back;
}

void clock_steps_undo(struct frame *frame, size_t count)
{
    int64_t lost_us = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t ts_us = frame[i].ts_us + lost_us;
        if (ts_us < frame[i - 1].ts_us - STEP_US) {
            lost_us += frame[i - 1].ts_us - ts_us;
            ts_us = frame[i - 1].ts_us;
        }
        frame[i].ts_us = ts_us;
    }
}
