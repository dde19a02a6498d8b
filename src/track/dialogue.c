#include "dialogue.h"

#include <stdlib.h>

#include "greeting.h"
#include "host_key.h"
#include "mark.h"
#include "messages.h"
#include "truncated_stream.h"

/* Clear bytes kept of each side: banners, both KEXINITs and the key exchange come to some 5 KB; hostile ones stop here.
 */
enum { STREAM_MAX = 40960, STREAM_FIRST = 2048 };

static bool stream_reserve(struct dialogue_entry *entry, int side, uint32_t size)
{
    if (size <= entry->capacity[side])
        return true;
    uint32_t capacity = entry->capacity[side] ? entry->capacity[side] : STREAM_FIRST;
    while (capacity < size)
        capacity *= 2;
    if (capacity > STREAM_MAX)
        capacity = STREAM_MAX;
    const uint32_t more = capacity - entry->capacity[side];
    const bool may = entry->budget->used + more <= entry->budget->most;
    uint8_t *bigger = may ? realloc(entry->dialogue.stream[side], capacity) : NULL;
    if (!bigger) {
        *entry->budget->failures += may;
        entry->dialogue.bytes_not_kept = true;
        return false;
    }
    entry->budget->used += more;
    entry->dialogue.stream[side] = bigger;
    entry->capacity[side] = capacity;
    return true;
}

static void join_islands(struct dialogue_entry *entry, int side)
{
    uint32_t *length = &entry->dialogue.stream_len[side];
    for (int i = 0; i < entry->islands[side];) {
        if (entry->island[side][i].from > *length) {
            i++;
            continue;
        }
        if (entry->island[side][i].to > *length)
            *length = entry->island[side][i].to;
        entry->island[side][i] = entry->island[side][--entry->islands[side]];
        i = 0; /* what was joined may reach another */
    }
}

/* Writes bytes at `offset`; the contiguous length grows where they join on. */
static void stream_put(struct dialogue_entry *entry, int side, uint32_t offset, const uint8_t *bytes, uint32_t length)
{
    struct dialogue *d = &entry->dialogue;
    uint32_t end = offset + length;
    if (end > STREAM_MAX) {
        d->stream_full[side] = true;
        if (offset >= STREAM_MAX)
            return;
        end = STREAM_MAX;
    }
    if (end <= d->stream_len[side] || !stream_reserve(entry, side, end))
        return;
    /* First copy wins, as a receiver's does: bytes already held are not overwritten by a later segment. */
    uint32_t from = offset < d->stream_len[side] ? d->stream_len[side] : offset;
    memcpy(d->stream[side] + from, bytes + (from - offset), end - from);
    if (from == d->stream_len[side])
        d->stream_len[side] = end;
    else if (entry->islands[side] < DIALOGUE_GAPS) {
        entry->island[side][entry->islands[side]].from = from;
        entry->island[side][entry->islands[side]++].to = end;
    }
    join_islands(entry, side);
}

/* Where the snaplen cut the clear messages, sizes remain. OpenSSH and most others send NEWKEYS alone: 16 bytes. */
static void take_opaque(struct dialogue *d, enum side side, const struct packet *packet)
{
    if (d->encrypted[SIDE_CLIENT]) {
        messages_note_encrypted(d, side, packet, packet->tcp.payload_len);
        return;
    }
    if (side != SIDE_CLIENT || packet->tcp.payload_len != NEWKEYS_SIZE)
        return;
    for (int s = 0; s < 2; s++) {
        d->encrypted[s] = true;
        d->clock.newkeys_us[s] = packet->ts_us;
        d->clock.newkeys_number[s] = packet->number;
    }
}

static uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void note_disconnect(struct dialogue *d, enum side side, const struct ssh_packet_view *view,
                            const struct packet *packet)
{
    d->disconnect_clear[side] = true;
    d->disconnect_number[side] = packet->number;
    if (view->payload_len < 8)
        return; /* reason code and text length come first (RFC 4253 section 11.1) */
    const uint8_t *p = view->payload;
    uint32_t length = load_be32(p + 4);
    d->disconnect_reason[side] = load_be32(p);
    if (length > view->payload_len - 8)
        length = view->payload_len - 8;
    greeting_copy(d->disconnect_text[side], p + 8, length);
}

static void take_message(struct dialogue *d, enum side side, const struct ssh_packet_view *view,
                         const struct packet *packet)
{
    messages_note_clear(d, side, view->message, packet);
    if (view->message == SSH_MSG_KEXINIT && !d->kexinit_len[side]) {
        d->kexinit_at[side] = (uint32_t)(view->payload - d->stream[side]);
        d->kexinit_len[side] = view->payload_len;
    } else if (view->message == SSH_MSG_DISCONNECT)
        note_disconnect(d, side, view, packet);
    else if (side == SIDE_SERVER)
        host_key_note(d, view);
}

static void shrink_stream(struct dialogue_entry *entry, int side)
{
    struct dialogue *d = &entry->dialogue;
    uint8_t *smaller = realloc(d->stream[side], d->stream_len[side] ? d->stream_len[side] : 1);
    if (!smaller)
        return;
    const uint32_t capacity = d->stream_len[side] ? d->stream_len[side] : 1;
    d->stream[side] = smaller;
    entry->budget->used = entry->budget->used - entry->capacity[side] + capacity;
    entry->capacity[side] = capacity;
}

/* Reads what has come in order: the banner, then packet after packet until NEWKEYS. */
static void read_stream(struct dialogue_entry *entry, enum side side, const struct packet *packet)
{
    struct dialogue *d = &entry->dialogue;
    if (!greeting_read(entry, side, packet))
        return;
    while (!d->encrypted[side] && !d->malformed[side]) {
        struct ssh_packet_view view;
        const uint8_t *rest = d->stream[side] + d->parsed[side];
        enum ssh_frame_result result = ssh_read_packet(rest, d->stream_len[side] - d->parsed[side], &view);
        if (result == SSH_FRAME_INCOMPLETE)
            return;
        if (result == SSH_FRAME_INVALID) {
            d->malformed[side] = true;
            if (side == SIDE_SERVER) {
                greeting_refusal(d, packet);
                greeting_words(d, packet);
            }
            return;
        }
        d->parsed[side] += view.total;
        take_message(d, side, &view, packet);
    }
    if (d->encrypted[side]) {
        uint32_t left = d->stream_len[side] - d->parsed[side];
        d->stream_len[side] = d->parsed[side];
        if (left)
            messages_note_encrypted(d, side, packet, left);
        shrink_stream(entry, side);
    }
}

void dialogue_take(struct dialogue_entry *entry, enum side side, const struct packet *packet, bool isn_known,
                   uint32_t isn, bool fresh)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct dialogue *d = &entry->dialogue;
    if (d->encrypted[side]) {
        if (fresh)
            messages_note_encrypted(d, side, packet, tcp->payload_len);
        return;
    }
    if (d->truncated[side]) {
        truncated(entry, side, packet, tcp->seq - entry->base[side]);
        return;
    }
    if (entry->lost[SIDE_CLIENT] || entry->lost[SIDE_SERVER]) {
        if (fresh)
            take_opaque(d, side, packet);
        if (entry->lost[side])
            return;
    }
    if (!entry->based[side]) {
        entry->base[side] = isn_known ? isn + 1 : tcp->seq;
        entry->based[side] = true;
    }
    uint32_t offset = tcp->seq - entry->base[side];
    const uint8_t *bytes = tcp->payload;
    uint32_t length = tcp->payload_captured;
    if ((int32_t)offset < 0) { /* reaches back before the stream's first byte */
        uint32_t skip = entry->base[side] - tcp->seq;
        if (skip >= length)
            return;
        bytes += skip;
        length -= skip;
        offset = 0;
    }
    if (length) {
        uint32_t before = d->stream_len[side];
        stream_put(entry, side, offset, bytes, length);
        /* Else what was read before would only be read again, for each packet of a long transfer. */
        if (d->stream_len[side] != before)
            read_stream(entry, side, packet);
    }
    if (packet->cut && tcp->payload_captured < tcp->payload_len && !d->encrypted[side]) {
        entry->lost[side] = true;
        greeting_take_cut(d, side, packet);
        truncated_begin(entry, side, packet, tcp->seq - entry->base[side]);
    }
}

bool dialogue_kexinit(const struct dialogue *dialogue, enum side side, struct ssh_kexinit *out)
{
    return dialogue->kexinit_len[side] && dialogue->stream[side] &&
           ssh_parse_kexinit(dialogue->stream[side] + dialogue->kexinit_at[side], dialogue->kexinit_len[side], out);
}

void dialogue_clear(struct dialogue_entry *entry)
{
    for (int side = 0; side < 2; side++) {
        free(entry->dialogue.stream[side]);
        entry->dialogue.stream[side] = NULL;
        entry->budget->used -= entry->capacity[side];
        entry->capacity[side] = 0;
    }
}
