#include "truncated_stream.h"

#include "messages.h"

/* A banner that was cut is taken to fill its segment, as most programs send it; where the segment is longer than any
 * banner, the KEXINIT follows in it (Dropbear). */
void truncated_begin(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset)
{
    struct dialogue *d = &entry->dialogue;
    if (!d->banner[side].text[0])
        return; /* nothing that looks like SSH */
    entry->truncated_at[side] = d->parsed[side] ? d->parsed[side] : offset + packet->tcp.payload_len;
    d->truncated[side] = true;
    if (!d->parsed[side] && packet->tcp.payload_len > SSH_BANNER_MAX)
        messages_note_clear(d, side, SSH_MSG_KEXINIT, packet);
    truncated(entry, side, packet, offset);
}

/* What a message is of which only the length was left: the first is the KEXINIT (RFC 4253 section 7), NEWKEYS is as
 * short as a message can be, and between them is the key exchange's own. */
static uint8_t likely_message(const struct dialogue *d, enum side side, uint32_t total)
{
    if (!d->clock.kexinit_us[side])
        return SSH_MSG_KEXINIT;
    return total == NEWKEYS_SIZE ? SSH_MSG_NEWKEYS : SSH_MSG_KEX_FIRST;
}

/* No message begins with this segment, and one began where nothing was left: this is the rest of that, or, once keys
 * were exchanged, NEWKEYS was there. */
static void truncated_past(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t end)
{
    const struct ssh_clock *clock = &entry->dialogue.clock;
    if (clock->kex_us[SIDE_CLIENT] || clock->kex_us[SIDE_SERVER])
        messages_note_clear(&entry->dialogue, side, SSH_MSG_NEWKEYS, packet);
    else
        entry->truncated_at[side] = end;
}

/* False where nothing can be read at truncated_at. */
static bool truncated_one(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset)
{
    const struct tcp_view *tcp = &packet->tcp;
    uint32_t at = entry->truncated_at[side] - offset, end = offset + tcp->payload_len;
    struct dialogue *d = &entry->dialogue;
    struct ssh_packet_view view;
    bool invalid = ssh_read_packet(tcp->payload + at, tcp->payload_captured - at, &view) == SSH_FRAME_INVALID;
    if (invalid && (at > 0 || !entry->truncated_gap[side]))
        return false;
    if (invalid)
        truncated_past(entry, side, packet, end);
    else if (view.total) {
        entry->truncated_at[side] += view.total;
        messages_note_clear(d, side, view.message ? view.message : likely_message(d, side, view.total), packet);
    } else {
        entry->truncated_gap[side] = true;
        entry->truncated_at[side] = end;
    }
    return true;
}

void truncated(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct dialogue *d = &entry->dialogue;
    uint32_t end = offset + tcp->payload_len;
    while (!d->encrypted[side] && entry->truncated_at[side] < end) {
        bool there = entry->truncated_at[side] >= offset && entry->truncated_at[side] - offset < tcp->payload_captured;
        if (!there) { /* several messages in one segment: the next one begins another */
            entry->truncated_gap[side] = true;
            entry->truncated_at[side] = end;
        } else if (!truncated_one(entry, side, packet, offset)) {
            d->truncated[side] = false;
            return;
        }
    }
    if (d->encrypted[side] && entry->truncated_at[side] < end)
        messages_note_encrypted(d, side, packet, end - entry->truncated_at[side]);
}
