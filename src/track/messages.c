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

void messages_note_encrypted(struct dialogue *d, enum side side, const struct packet *packet, uint32_t size)
{
    if (completes_event(d, side, packet, size))
        return;
    if (!d->clock.encrypted_us[side])
        d->clock.encrypted_us[side] = packet->ts_us;
    d->encrypted_packets[side]++;
    d->encrypted_bytes[side] += size;
    if (d->events < LOGIN_EVENTS)
        d->event[d->events++] =
            (struct login_event){.ts_us = packet->ts_us, .number = packet->number, .size = size, .side = (uint8_t)side};
}
