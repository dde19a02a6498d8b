#include "greeting.h"

/* What a stream is shows in its first bytes; a refusal is one of the first lines. */
enum { HEAD_BYTES = 600 };

/* More than any server says before its banner (OpenSSH's Banner comes later, inside the protocol). */
enum { GREETING_MAX = 8192, GREETING_LINES = 1024 };

void greeting_copy(char *out, const uint8_t *bytes, uint32_t length)
{
    uint32_t n = 0;
    while (n < length && n < SSH_BANNER_SIZE - 1 && bytes[n] != '\n' && bytes[n] != '\r' && bytes[n] != '\0') {
        out[n] = bytes[n] >= 0x20 && bytes[n] < 0x7f ? (char)bytes[n] : '?';
        n++;
    }
    out[n] = '\0';
}

void greeting_refusal(struct dialogue *d, const struct packet *packet)
{
    uint32_t length = d->stream_len[SIDE_SERVER] < HEAD_BYTES ? d->stream_len[SIDE_SERVER] : HEAD_BYTES;
    enum ssh_refusal_text text = ssh_refusal_text(d->stream[SIDE_SERVER], length);
    if (text == SSH_REFUSAL_NONE || (text == SSH_REFUSAL_OTHER_TEXT && d->refusal != SSH_REFUSAL_NONE))
        return;
    if (d->refusal != text)
        d->refusal_number = packet->number;
    d->refusal = text;
}

/* The length of a binary packet is four bytes of which the first is 0 (RFC 4253 section 6.1), so words cannot be taken
 * for one. */
void greeting_words(struct dialogue *d, const struct packet *packet)
{
    enum { LEAST_WORDS = 4 };
    const uint8_t *bytes = d->stream[SIDE_SERVER] + d->parsed[SIDE_SERVER];
    uint32_t length = d->stream_len[SIDE_SERVER] - d->parsed[SIDE_SERVER], n = 0;
    while (n < length && n < SSH_BANNER_SIZE - 1 && bytes[n] != '\r' && bytes[n] != '\n') {
        if ((bytes[n] < 0x20 || bytes[n] > 0x7e) && bytes[n] != '\t')
            return;
        n++;
    }
    if (n < LEAST_WORDS)
        return;
    greeting_copy(d->words, bytes, n);
    d->words_number = packet->number;
    if (!packet->cut)
        return;
    enum ssh_refusal_text begun = ssh_refusal_beginning(bytes, length, packet->tcp.payload_len);
    if (begun == SSH_REFUSAL_NONE)
        return;
    d->refusal = begun;
    d->refusal_number = packet->number;
}

static void note_banner(struct dialogue *d, enum side side, const struct packet *packet)
{
    d->spoken[side] = SPOKEN_SSH;
    d->clock.banner_us[side] = packet->ts_us;
    d->clock.banner_number[side] = packet->number;
}

/* "SSH-1.5-" is known by its eighth byte; a shorter rest is given the benefit of the doubt. */
static bool may_be_protocol_2(const char *text)
{
    return strlen(text) < sizeof "SSH-1.5-" - 1 || strncmp(text, "SSH-2.", 6) == 0 || strncmp(text, "SSH-1.99", 8) == 0;
}

void greeting_take_cut(struct dialogue *d, enum side side, const struct packet *packet)
{
    if (d->banner[side].end || !d->stream_len[side])
        return;
    enum ssh_refusal_text begun =
        side == SIDE_SERVER ? ssh_refusal_beginning(d->stream[side], d->stream_len[side], packet->tcp.payload_len)
                            : SSH_REFUSAL_NONE;
    if (begun != SSH_REFUSAL_NONE) {
        d->refusal = begun;
        d->refusal_number = packet->number;
    }
    if (d->stream_len[side] < 4 || memcmp(d->stream[side], "SSH-", 4) != 0)
        return;
    greeting_copy(d->banner[side].text, d->stream[side], d->stream_len[side]);
    d->banner[side].end = d->stream_len[side];
    d->banner[side].protocol_2 = may_be_protocol_2(d->banner[side].text);
    note_banner(d, side, packet);
}

static void look_at_head(struct dialogue *d, enum side side, const struct packet *packet)
{
    greeting_copy(d->first_line[side], d->stream[side], d->stream_len[side]);
    d->spoken[side] = ssh_spoken_protocol(d->stream[side], d->stream_len[side]);
    if (side == SIDE_SERVER)
        greeting_refusal(d, packet);
}

/* One whole line. True where it is the banner. */
static bool take_line(struct dialogue_entry *entry, enum side side, uint32_t end, const struct packet *packet)
{
    struct dialogue *d = &entry->dialogue;
    uint32_t at = entry->line_at[side];
    struct ssh_banner banner;
    d->opening[side] = ssh_find_banner(d->stream[side] + at, end - at, side == SIDE_SERVER, &banner);
    if (d->opening[side] == SSH_OPENING_BANNER) {
        banner.end += at;
        banner.lines_before = d->pre_banner_lines;
        d->banner[side] = banner;
        d->parsed[side] = (uint32_t)banner.end;
        note_banner(d, side, packet);
        return true;
    }
    entry->line_at[side] = end;
    if (side == SIDE_SERVER)
        d->pre_banner_lines++;
    return false;
}

static bool gave_up(const struct dialogue *d, enum side side)
{
    return d->opening[side] == SSH_OPENING_OTHER || d->stream_len[side] > GREETING_MAX ||
           d->pre_banner_lines > GREETING_LINES;
}

bool greeting_read(struct dialogue_entry *entry, enum side side, const struct packet *packet)
{
    struct dialogue *d = &entry->dialogue;
    if (d->banner[side].end)
        return true;
    uint32_t length = d->stream_len[side];
    if (length == entry->scanned[side] || gave_up(d, side))
        return false;
    bool young = entry->scanned[side] < HEAD_BYTES;
    if (young)
        look_at_head(d, side, packet);
    while (entry->scanned[side] < length && d->opening[side] != SSH_OPENING_OTHER) {
        const uint8_t *from = d->stream[side] + entry->scanned[side];
        const uint8_t *line_feed = memchr(from, '\n', length - entry->scanned[side]);
        if (!line_feed)
            break;
        entry->scanned[side] = (uint32_t)(line_feed - d->stream[side]) + 1;
        if (take_line(entry, side, entry->scanned[side], packet))
            return true;
    }
    entry->scanned[side] = length;
    uint32_t rest = length - entry->line_at[side];
    if (young && rest && d->opening[side] != SSH_OPENING_OTHER) { /* binary shows before the line is whole */
        struct ssh_banner none;
        enum ssh_opening opening =
            ssh_find_banner(d->stream[side] + entry->line_at[side], rest, side == SIDE_SERVER, &none);
        if (opening != SSH_OPENING_INCOMPLETE || !d->pre_banner_lines)
            d->opening[side] = opening;
    }
    return false;
}
