#include "skim.h"

enum { LONGEST_BANNER = 255 }; /* RFC 4253 section 4.2 */

/* A banner that was cut is taken to fill its segment, as most programs send it; where the segment is longer than any
 * banner, the KEXINIT follows in it (Dropbear). */
void skim_begin(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset)
{
    struct dialogue *d = &entry->dialogue;
    if (!d->banner[side].text[0])
        return; /* nothing that looks like SSH */
    entry->skim_at[side] = d->parsed[side] ? d->parsed[side] : offset + packet->tcp.payload_len;
    d->skimmed[side] = true;
    if (!d->parsed[side] && packet->tcp.payload_len > LONGEST_BANNER)
        dialogue_note_message(d, side, SSH_MSG_KEXINIT, packet);
    skim(entry, side, packet, offset);
}

/* No message begins with these bytes, and some before them are not there: NEWKEYS was among those. */
static bool must_be_encrypted(const struct dialogue_entry *entry, enum side side)
{
    const struct ssh_clock *clock = &entry->dialogue.clock;
    return entry->skim_gap[side] && (clock->kex_us[SIDE_CLIENT] || clock->kex_us[SIDE_SERVER]);
}

/* False where nothing can be read at skim_at. */
static bool skim_one(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset)
{
    const struct tcp_view *tcp = &packet->tcp;
    uint32_t at = entry->skim_at[side] - offset;
    struct ssh_packet_view view;
    enum ssh_frame_result result = ssh_read_packet(tcp->payload + at, tcp->payload_captured - at, &view);
    if (result != SSH_FRAME_INVALID) {
        bool first = !entry->dialogue.clock.kexinit_us[side]; /* that is the KEXINIT, RFC 4253 section 7 */
        entry->skim_at[side] = view.total ? entry->skim_at[side] + view.total : offset + tcp->payload_len;
        entry->skim_gap[side] |= !view.message && !first;
        dialogue_note_message(&entry->dialogue, side, !view.message && first ? SSH_MSG_KEXINIT : view.message, packet);
        return true;
    }
    if (at == 0 && must_be_encrypted(entry, side)) {
        dialogue_note_message(&entry->dialogue, side, SSH_MSG_NEWKEYS, packet);
        return true;
    }
    return false;
}

void skim(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct dialogue *d = &entry->dialogue;
    uint32_t end = offset + tcp->payload_len;
    while (!d->encrypted[side] && entry->skim_at[side] < end) {
        bool there = entry->skim_at[side] >= offset && entry->skim_at[side] - offset < tcp->payload_captured;
        if (!there) { /* several messages in one segment: the next one begins another */
            entry->skim_gap[side] = true;
            entry->skim_at[side] = end;
        } else if (!skim_one(entry, side, packet, offset)) {
            d->skimmed[side] = false;
            return;
        }
    }
    if (d->encrypted[side] && entry->skim_at[side] < end)
        dialogue_add_event(d, side, packet, end - entry->skim_at[side]);
}
