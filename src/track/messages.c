#include "messages.h"

void messages_note_clear(struct dialogue *d, enum side side, uint8_t message, const struct packet *packet)
{
    struct ssh_clock *clock = &d->clock;
    if (message == SSH_MSG_KEXINIT && !clock->kexinit_us[side]) {
        clock->kexinit_us[side] = packet->ts_us;
        clock->kexinit_number[side] = packet->number;
    } else if (message >= SSH_MSG_KEX_FIRST && message <= SSH_MSG_KEX_LAST) {
        clock->kex_us[side] = packet->ts_us;
        clock->kex_number[side] = packet->number;
    } else if (message == SSH_MSG_NEWKEYS) {
        clock->newkeys_us[side] = packet->ts_us;
        clock->newkeys_number[side] = packet->number;
        d->encrypted[side] = true;
    }
}

/* Some programs write a packet's four bytes of length on their own (Node's ssh2). No packet is as short as that (RFC
 * 4253 section 6: 16 bytes or more), so what the same side says next is the rest of it. */
static bool completes_event(struct dialogue *d, enum side side, const struct packet *packet, uint32_t size)
{
    enum { LEAST_PACKET = 16, BETWEEN = 2 /* of the other side, as it happens */ };
    for (uint32_t i = d->events; i > 0 && i + BETWEEN >= d->events; i--) {
        struct login_event *event = &d->event[i - 1];
        if (event->side != (uint8_t)side)
            continue;
        if (event->size >= LEAST_PACKET || d->events == LOGIN_EVENTS)
            return false;
        *event = (struct login_event){packet->ts_us, packet->number, event->size + size, (uint8_t)side};
        d->encrypted_bytes[side] += size;
        return true;
    }
    return false;
}

/* What comes after a full segment is the rest of what that one began: its tail is no message of its own, whatever its
 * size. A login banner is as long as somebody wrote it. */
static bool goes_on_after_full(struct dialogue *d, enum side side, uint32_t size)
{
    enum { LONGEST_PACKET = 262144 /* OpenSSH's packet.c PACKET_MAX_SIZE */, EARLY = 24 };
    struct login_event *last = d->events ? &d->event[d->events - 1] : NULL;
    if (!last || last->side != (uint8_t)side || !d->full_segment || last->size + size > LONGEST_PACKET ||
        d->events > EARLY)
        return false;
    last->size += size;
    d->encrypted_packets[side]++;
    d->encrypted_bytes[side] += size;
    return true;
}

/* Whether a segment holds as much as its sender puts into one: no smaller one is taken for full where the MSS is not
 * known, and offloading hands over several at once. */
static bool is_full(struct dialogue *d, enum side side, const struct packet *packet)
{
    enum { FULL = 1000, SEVERAL = 1500 };
    uint32_t length = packet->tcp.payload_len;
    if (length > d->largest_segment[side])
        d->largest_segment[side] = length < UINT16_MAX ? (uint16_t)length : UINT16_MAX;
    return length >= FULL && (length > SEVERAL || length == d->largest_segment[side]);
}

/* Frames can cross on a mirror port, or between the queues of one interface: what the other side's latest message
 * acknowledges was said before it. */
static bool belongs_before(const struct dialogue *d, enum side side, const struct tcp_view *tcp)
{
    enum { AHEAD = 1 << 16 }; /* bytes that it may acknowledge beyond this, for more to be lost or late */
    const struct login_event *last = d->events ? &d->event[d->events - 1] : NULL;
    if (!last || last->side == (uint8_t)side)
        return false;
    return d->latest_ack[!side] - (tcp->seq + tcp->payload_len) < AHEAD;
}

static void note_event(struct dialogue *d, enum side side, const struct packet *packet, uint32_t size)
{
    if (!d->clock.encrypted_us[side])
        d->clock.encrypted_us[side] = packet->ts_us;
    d->encrypted_packets[side]++;
    d->encrypted_bytes[side] += size;
    if (d->events == LOGIN_EVENTS)
        return;
    struct login_event event = {.ts_us = packet->ts_us, .number = packet->number, .size = size, .side = (uint8_t)side};
    if (belongs_before(d, side, &packet->tcp)) {
        struct login_event *last = &d->event[d->events - 1];
        const struct login_event after = *last;
        if (event.ts_us > after.ts_us)
            event.ts_us = after.ts_us;
        *last = event;
        event = after;
    } else
        d->latest_ack[side] = packet->tcp.ack;
    d->event[d->events++] = event;
}

void messages_note_encrypted(struct dialogue *d, enum side side, const struct packet *packet, uint32_t size)
{
    if (!completes_event(d, side, packet, size) && !goes_on_after_full(d, side, size))
        note_event(d, side, packet, size);
    d->full_segment = is_full(d, side, packet);
}
