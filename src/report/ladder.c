#include "ladder.h"

#include <stdio.h>

#include <sshsniff/protocol_numbers.h>

/* ---- Lines ---- */

enum { FOLDED_LEAST = 4, PAUSE_US = 1000000 };

size_t ladder_evidence(const struct verdict *verdict, const struct ladder_line *line, size_t from)
{
    while (from < verdict->evidence_count && (!line->packet || verdict->evidence[from].packet != line->packet->number))
        from++;
    return from;
}

static bool is_evidence(const struct verdict *verdict, uint64_t number)
{
    if (number == verdict->deciding_packet)
        return true;
    for (size_t i = 0; i < verdict->evidence_count; i++)
        if (verdict->evidence[i].packet == number)
            return true;
    return false;
}

/* Such packets as a connection that is well has most of, and that say nothing one by one. */
static bool may_fold(const struct verdict *verdict, const struct packet_outline *packet)
{
    return !(packet->content & (uint8_t)~TRAIL_ENCRYPTED) && !(packet->flags & (TCP_SYN | TCP_FIN | TCP_RST)) &&
           !packet->unknown && packet->sender != TRAIL_OTHER && !is_evidence(verdict, packet->number);
}

/* How many from here on are told in one line; 1: it stands by itself. A pause within them would be lost. */
static uint32_t run_of(const struct verdict *verdict, const struct trail *trail, uint32_t from, uint32_t end)
{
    uint32_t at = from;
    while (at < end && may_fold(verdict, &trail->packet[at]) &&
           (at == from || trail->packet[at].ts_us - trail->packet[at - 1].ts_us < PAUSE_US))
        at++;
    return at - from >= FOLDED_LEAST ? at - from : 1;
}

/* Whether the verdict says of this RST that somebody else sent it. */
static bool is_forged(const struct verdict *verdict, const struct packet_outline *packet)
{
    if (packet->content & TRAIL_ICMP || !(packet->flags & TCP_RST) || packet->sender == TRAIL_OTHER)
        return false;
    if (verdict->cause == CAUSE_FIREWALL_RST)
        return packet->sender == TRAIL_SERVER;
    return verdict->cause == CAUSE_INJECTED_RST && is_evidence(verdict, packet->number);
}

static enum ladder_column column_of(enum trail_sender sender)
{
    return sender == TRAIL_CLIENT ? LADDER_CLIENT : sender == TRAIL_SERVER ? LADDER_SERVER : LADDER_BETWEEN;
}

static void add_line(struct ladder *out, const struct verdict *verdict, const struct packet_outline *packet,
                     uint32_t count, int64_t first_us)
{
    struct ladder_line *line = &out->line[out->lines++];
    const bool forged = is_forged(verdict, packet);
    *line = (struct ladder_line){
        .packet = packet,
        .count = count,
        .after_us = packet->ts_us - first_us,
        .from = (uint8_t)(forged ? LADDER_BETWEEN : column_of((enum trail_sender)packet->sender)),
        .to = (uint8_t)column_of((enum trail_sender)packet->receiver),
        .decides = packet->number == verdict->deciding_packet,
        .forged = forged,
    };
    for (uint32_t i = 0; i < count; i++)
        line->bytes += packet[i].payload_len;
}

/* Who stands in the middle: the first that is seen there, by address where it has one of its own. */
static void name_between(struct ladder *out, const struct verdict *verdict)
{
    for (size_t i = 0; i < out->lines; i++) {
        const struct ladder_line *line = &out->line[i];
        char address[ADDRESS_TEXT_SIZE];
        if (!line->packet || line->from != LADDER_BETWEEN)
            continue;
        out->has_between = true;
        if (!line->forged)
            snprintf(out->between, sizeof out->between, "%s", address_text(&line->packet->address, address));
        else
            snprintf(out->between, sizeof out->between, "%s",
                     verdict->where == WHERE_HOST ? "the server's firewall" : "forged on the way");
        return;
    }
}

bool ladder_make(const struct case_file *file, const struct verdict *verdict, struct ladder *out)
{
    const struct trail *trail = file->trail;
    out->lines = 0;
    out->has_between = false;
    out->between[0] = '\0';
    if (!trail || !trail->kept)
        return false;
    for (uint32_t at = 0, count; at < trail->kept; at += count) {
        if (at == trail->before && trail_missing(trail))
            out->line[out->lines++] = (struct ladder_line){.count = trail_missing(trail)};
        count = run_of(verdict, trail, at, at < trail->before ? trail->before : trail->kept);
        add_line(out, verdict, &trail->packet[at], count, trail->packet[0].ts_us);
    }
    name_between(out, verdict);
    return true;
}

/* ---- Words ---- */

/* RFC 792, 1812 section 5.2.7.1, 4443 section 3. */
static const struct {
    uint8_t version, type, code;
    const char *words;
} icmp_names[] = {
    {4, 3, 0, "network unreachable"},
    {4, 3, 1, "host unreachable"},
    {4, 3, 2, "protocol unreachable"},
    {4, 3, 3, "port unreachable"},
    {4, 3, 4, "too big, fragmentation needed"},
    {4, 3, 9, "network prohibited"},
    {4, 3, 10, "host prohibited"},
    {4, 3, 13, "administratively prohibited"},
    {4, 11, 0, "time exceeded"},
    {6, 1, 0, "no route"},
    {6, 1, 1, "administratively prohibited"},
    {6, 1, 2, "beyond scope"},
    {6, 1, 3, "address unreachable"},
    {6, 1, 4, "port unreachable"},
    {6, 1, 5, "source failed policy"},
    {6, 1, 6, "reject route"},
    {6, 2, 0, "packet too big"},
    {6, 3, 0, "time exceeded"},
};

static const char *icmp_name(const struct packet_outline *packet)
{
    for (size_t i = 0; i < sizeof icmp_names / sizeof *icmp_names; i++)
        if (icmp_names[i].version == packet->ip_version && icmp_names[i].type == packet->icmp.type &&
            icmp_names[i].code == packet->icmp.code)
            return icmp_names[i].words;
    return "error";
}

static void icmp_words(const struct packet_outline *packet, struct buffer *out)
{
    BUFFER_LITERAL(out, "ICMP ");
    buffer_text(out, icmp_name(packet));
    buffer_text(out, packet->ip_version == 6 ? " (v6 " : " (");
    buffer_u64(out, packet->icmp.type);
    buffer_char(out, '/');
    buffer_u64(out, packet->icmp.code);
    buffer_char(out, ')');
    if (packet->icmp.mtu) {
        BUFFER_LITERAL(out, ", MTU ");
        buffer_u64(out, packet->icmp.mtu);
    }
    BUFFER_LITERAL(out, " from ");
    buffer_address(out, &packet->address);
}

static void bytes_words(uint64_t bytes, struct buffer *out)
{
    buffer_u64(out, bytes);
    buffer_text(out, bytes == 1 ? " byte" : " bytes");
}

static const struct {
    uint8_t flag;
    const char *name;
} flag_names[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_ACK, "ACK"}};

static void flag_words(uint8_t flags, struct buffer *out)
{
    const size_t start = out->length;
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (flags & flag_names[i].flag) {
            buffer_text(out, out->length > start ? ", " : "");
            buffer_text(out, flag_names[i].name);
        }
    if (out->length == start)
        BUFFER_LITERAL(out, "no flags");
}

static void banner_words(const struct case_file *file, const struct packet_outline *packet, struct buffer *out)
{
    const struct answer *answer = file->attempt->answer;
    const struct connection *c = answer ? answer->connection : NULL;
    const struct dialogue *d = c ? c->dialogue : NULL;
    if (d && packet->sender != TRAIL_OTHER && d->banner[packet->sender].text[0])
        buffer_text(out, d->banner[packet->sender].text);
    else
        BUFFER_LITERAL(out, "version string");
}

static const struct {
    uint8_t content;
    const char *name;
} content_names[] = {{TRAIL_KEXINIT, "KEXINIT"},
                     {TRAIL_KEX, "key exchange"},
                     {TRAIL_NEWKEYS, "NEWKEYS"},
                     {TRAIL_ENCRYPTED, "encrypted"},
                     {TRAIL_CLEAR, "in the clear"}};

/* `start`: where the line's words begin. */
static void content_words(const struct case_file *file, const struct packet_outline *packet, size_t start,
                          struct buffer *out)
{
    if (packet->content & TRAIL_BANNER) {
        buffer_text(out, out->length > start ? ", " : "");
        banner_words(file, packet, out);
    }
    for (size_t i = 0; i < sizeof content_names / sizeof *content_names; i++)
        if (packet->content & content_names[i].content) {
            buffer_text(out, out->length > start ? ", " : "");
            buffer_text(out, content_names[i].name);
        }
}

static void segment_words(const struct case_file *file, const struct packet_outline *packet, struct buffer *out)
{
    const struct trail *trail = file->trail;
    const uint32_t numbers = FIELD_SEQ | FIELD_ACK;
    const uint8_t telling = packet->flags & (TCP_SYN | TCP_FIN | TCP_RST);
    const size_t start = out->length;
    if (packet->unknown & FIELD_FLAGS)
        BUFFER_LITERAL(out, "segment");
    else if (telling || !packet->content || packet->content == TRAIL_AGAIN)
        flag_words(packet->flags, out);
    if (packet->flags & TCP_RST && !(packet->unknown & numbers)) {
        BUFFER_LITERAL(out, ", seq ");
        buffer_u64(out, trail_seq(trail, packet));
    }
    content_words(file, packet, start, out);
    if (packet->payload_len && packet->content != TRAIL_BANNER) {
        buffer_text(out, out->length > start ? ", " : "");
        bytes_words(packet->payload_len, out);
    }
    if (packet->content & TRAIL_AGAIN)
        BUFFER_LITERAL(out, ", sent again");
    if (packet->sender == TRAIL_OTHER) {
        BUFFER_LITERAL(out, " from ");
        buffer_address(out, &packet->address);
    }
}

static bool are_encrypted(const struct ladder_line *line)
{
    for (uint64_t i = 0; i < line->count; i++)
        if (line->packet[i].content & TRAIL_ENCRYPTED)
            return true;
    return false;
}

void ladder_words(const struct case_file *file, const struct ladder_line *line, struct buffer *out)
{
    if (line->packet && line->count == 1) {
        if (line->packet->content & TRAIL_ICMP)
            icmp_words(line->packet, out);
        else
            segment_words(file, line->packet, out);
        return;
    }
    buffer_u64(out, line->count);
    if (!line->packet) {
        BUFFER_LITERAL(out, " packets more");
        return;
    }
    buffer_text(out, are_encrypted(line) ? " packets both ways, encrypted, " : " packets, ");
    bytes_words(line->bytes, out);
}

void ladder_time(int64_t us, struct buffer *out)
{
    if (us < 0) {
        buffer_char(out, '-');
        us = -us;
    }
    const bool seconds = us >= 1000000;
    const uint64_t thousandths = (uint64_t)(seconds ? us / 1000 : us);
    buffer_u64(out, thousandths / 1000);
    buffer_char(out, '.');
    buffer_digits(out, thousandths % 1000, 3);
    buffer_text(out, seconds ? " s" : " ms");
}
