#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/protocol_numbers.h>
#include <sshsniff/source_names.h>

#include "filter.h"
#include "text_hex.h"
#include "text_input.h"
#include "text_line.h"
#include "text_moment.h"
#include "text_packet.h"
#include "text_reader.h"
#include "text_tree.h"
#include "text_words.h"

#define LINKTYPE_RAW 101

enum {
    LOOK_AT = 128 << 10, /* bytes in which a text has to show a packet */
    JOINED_MAX = 8,      /* lines that one packet may be wrapped to */
    FRAME_SIZE = sizeof(struct text_link) + TEXT_HEX_SIZE
};

/* The packet whose lines are being read. */
struct gathered {
    bool there;
    bool is_packet; /* if not, it only looks like the beginning of one */
    uint64_t line;
    unsigned joined;
    uint64_t lines; /* that it was read from */
    size_t width;   /* of the last of them */
    bool quotes;    /* an ICMP error, and the head of what it quotes follows */
    struct text_packet packet;
    char text[TEXT_LINE_SIZE];
    size_t text_size;
    struct text_hex hex;
};

struct text_reader {
    struct text_flows *flows;
    const struct bpf_program *program; /* NULL: no filter */
    struct text_moment moment;
    uint64_t taken; /* lines that belong to a packet */
    bool at_end;
    struct gathered now;
    struct text_tree tree; /* packet details, of `now` */
    bool listed;      /* packets were read from lines: details further down are of one of them, or of another run */
    bool passes_over; /* such details */
    struct text_packet next, joined, tight; /* not on the stack, for they are large */
    char trial[TEXT_LINE_SIZE];
    struct text_input in;
    uint8_t frame[FRAME_SIZE];
};

/* ---- Lines ---- */

static bool read_line(struct text_reader *r, struct stream *stream)
{
    while (stream_has(stream, 2) || stream_has(stream, 1)) {
        const uint8_t *pos = stream->pos;
        const bool is_whole = text_input_feed(&r->in, &pos, stream->end);
        if (is_whole || pos != stream->pos) {
            stream->pos = pos;
            if (is_whole)
                return true;
            continue;
        }
        break; /* half a character is left */
    }
    return r->in.answer_size ? text_input_feed(&r->in, &(const uint8_t *){NULL}, NULL) : text_input_finish(&r->in);
}

/* ---- Joining ---- */

static void begin(struct text_reader *r, const char *line, const struct text_packet *packet)
{
    struct gathered *g = &r->now;
    g->there = true;
    g->is_packet = packet != NULL;
    g->line = r->in.number;
    g->joined = 0;
    g->lines = 1;
    g->width = r->in.size;
    g->quotes = false;
    if (packet)
        g->packet = *packet;
    g->text_size = strlen(line);
    memcpy(g->text, line, g->text_size + 1);
    text_hex_begin(&g->hex);
}

static bool is_better(const struct gathered *g, const struct text_packet *joined)
{
    if (!g->is_packet || g->packet.awaits_body)
        return !joined->awaits_body || joined->understood > g->packet.understood;
    return (joined->kind == g->packet.kind || g->packet.kind == TEXT_OTHER) &&
           joined->understood > g->packet.understood;
}

/* What the gathered lines and this one say together; false where that is no more than without it. */
static bool try_joined(struct text_reader *r, const char *more, bool blank, struct text_packet *out)
{
    const struct gathered *g = &r->now;
    memcpy(r->trial, g->text, g->text_size);
    r->trial[g->text_size] = ' ';
    memcpy(r->trial + g->text_size + blank, more, strlen(more) + 1);
    return text_read(r->trial, out) && is_better(g, out);
}

/* Terminals break lines at such a width, amid a word or a number; mails do it at blanks. */
static bool is_terminals(size_t width)
{
    static const size_t widths[] = {80, 100, 120, 132, 160};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (width == widths[i])
            return true;
    return false;
}

/* Is the gathered packet the better for this line? Then it belongs to it. */
static bool join(struct text_reader *r, const char *line)
{
    struct gathered *g = &r->now;
    const char *more = line + strspn(line, " \t");
    const size_t size = strlen(more);
    if (g->joined >= JOINED_MAX || size == 0 || g->text_size + size + 2 > sizeof g->text)
        return false;
    bool blank = try_joined(r, more, true, &r->joined);
    const bool tight = is_terminals(g->width) && more == line && try_joined(r, more, false, &r->tight) &&
                       (!blank || r->tight.understood >= r->joined.understood);
    if (!blank && !tight)
        return false;
    g->packet = tight ? r->tight : r->joined;
    blank = !tight;
    g->is_packet = true;
    memcpy(g->text + g->text_size + blank, more, size + 1);
    if (blank)
        g->text[g->text_size] = ' ';
    g->text_size += blank + size;
    g->width = r->in.size;
    g->joined++;
    return true;
}

/* Cut before it can be read: "09:01:02.3 IP a.example.51514 >". */
static bool may_begin(const char *line)
{
    enum text_clock clock;
    int64_t us;
    const bool begins = strstr(line, " IP") || strstr(line, " ip") || strstr(line, " → ") || strstr(line, " -> ") ||
                        strstr(line, " > ") || (line[0] && line[strlen(line) - 1] == '>');
    return begins && text_moment_is_there(line, &clock, &us);
}

/* A line that makes no packet yet of one that was broken, and may with the next. */
static bool hold(struct text_reader *r, const char *line)
{
    enum { HELD_MAX = 3, BROKEN = 50 }; /* no shorter line was broken for its length */
    struct gathered *g = &r->now;
    const char *more = line + strspn(line, " \t");
    const size_t size = strlen(more), blank = !is_terminals(g->width) || more != line;
    if ((g->is_packet && !g->packet.awaits_body) || g->joined >= HELD_MAX || g->width < BROKEN || size == 0 ||
        g->text_size + size + 2 > sizeof g->text || may_begin(line))
        return false;
    g->text[g->text_size] = ' ';
    memcpy(g->text + g->text_size + blank, more, size + 1);
    g->text_size += blank + size;
    g->width = r->in.size;
    g->joined++;
    return true;
}

/* -v prints behind an ICMP error what it quotes: indented, and without a time. */
static bool text_begins_quote(const char *p)
{
    static const char *const heads[] = {"IP (", "IP6 (", "(tos ", "(flowlabel ", "(class ", "(hlim "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(p, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

static bool is_quote(const struct gathered *g, const char *line)
{
    const char *p = line + strspn(line, " \t");
    return g->is_packet && g->packet.kind == TEXT_ICMP && text_begins_quote(p);
}

static void hold_quote(struct gathered *g, const char *line)
{
    const char *more = line + strspn(line, " \t");
    const size_t size = strlen(more);
    if (g->text_size + size + 2 > sizeof g->text)
        return;
    g->text[g->text_size++] = ' ';
    memcpy(g->text + g->text_size, more, size + 1);
    g->text_size += size;
    g->packet.ended = false;
    g->packet.awaits_body = false;
    g->quotes = true;
}

static bool holds_quote(const struct gathered *g)
{
    return g->is_packet && g->packet.kind == TEXT_ICMP && g->quotes && !g->packet.icmp.quoted;
}

/* Takes the line in `r`. True where the gathered packet is whole and another begins: then `begin` is due. */
static bool belongs(struct text_reader *r, const char *line, bool is_packet)
{
    struct gathered *g = &r->now;
    if (!g->there)
        return false;
    if (g->is_packet && text_hex_take(&g->hex, line))
        return true;
    if (is_quote(g, line)) {
        hold_quote(g, line);
        return true;
    }
    if (g->is_packet && !g->packet.awaits_body && is_packet && !(holds_quote(g) && r->next.clock == TEXT_NO_TIME))
        return false;
    if (g->is_packet && g->packet.ended)
        return false;
    if (is_packet && r->next.clock != TEXT_NO_TIME)
        return false;
    return join(r, line) || (line != r->in.line && join(r, r->in.line)) || (!is_packet && hold(r, line));
}

/* ---- Frames ---- */

static bool make_frame(struct text_reader *r, struct source *source, struct frame *out)
{
    struct gathered *g = &r->now;
    bool use = false;
    uint32_t wire = 0;
    size_t at;
    uint16_t type;
    const uint8_t *hex = text_hex_bytes(&g->hex);
    const bool bytes = hex && text_hex_header(hex, g->hex.size, &at, &type) && g->hex.size - at >= 28;
    if (!g->is_packet || g->packet.awaits_body || (g->packet.kind == TEXT_OTHER && !bytes))
        return false;
    if (bytes)
        text_believe_hex(&g->packet, hex + at, type, g->hex.size - at);
    const uint32_t unknown = text_flows_place(r->flows, &g->packet, &use);
    const size_t size = use || bytes ? text_frame(&g->packet, unknown, bytes ? hex : NULL, g->hex.size, r->frame,
                                                  sizeof r->frame, &wire)
                                     : 0;
    if (size == 0)
        return false;
    source->number++;
    r->taken += g->lines;
    source->bytes_read += size;
    *out = (struct frame){.data = r->frame,
                          .caplen = (uint32_t)size,
                          .len = wire < size ? (uint32_t)size : wire,
                          .ts_us = text_moment_of(&r->moment, &g->packet),
                          .number = g->line,
                          .linktype = LINKTYPE_OF_TEXT,
                          .interface = g->packet.interface};
    return true;
}

static bool is_wanted(const struct text_reader *r, const struct frame *frame)
{
    if (!r->program)
        return true;
    struct frame inner = *frame;
    inner.data += sizeof(struct text_link);
    inner.caplen -= (uint32_t)sizeof(struct text_link);
    inner.len -= (uint32_t)sizeof(struct text_link);
    return filter_matches(r->program, &inner);
}

/* Does this line begin the details of the packet whose line was read last, as Wireshark exports both? */
static bool are_details_of(const struct text_reader *r, const char *line)
{
    struct text_tree details = {0};
    struct text_packet unused = {0};
    uint64_t number;
    const char *text = r->now.text + strspn(r->now.text, " \t");
    text_tree_begin(&details, line, &unused);
    return r->now.there && r->now.is_packet && !r->tree.open && details.number &&
           text_number(text, UINT32_MAX, &number, NULL) && number == details.number;
}

static void begin_details(struct text_reader *r, const char *line, bool of_line)
{
    struct text_packet *packet = &r->now.packet;
    struct text_packet fresh = {.clock = of_line ? packet->clock : TEXT_NO_TIME,
                                .time_us = of_line ? packet->time_us : 0};
    begin(r, line, &fresh);
    r->now.joined = JOINED_MAX;
    text_tree_begin(&r->tree, line, packet);
}

/* Ends what is gathered; true where it is a frame. */
static bool finish(struct text_reader *r, struct source *source, struct frame *out)
{
    const bool made = r->now.there && !r->passes_over && make_frame(r, source, out);
    r->now.there = r->passes_over = r->tree.open = false;
    return made && is_wanted(r, out);
}

/* Wireshark's packet details; `*made` where a frame was whole before them. */
static bool takes_details(struct text_reader *r, struct source *source, struct frame *out, const char *line,
                          bool is_packet, bool *made)
{
    if (text_tree_begins(&r->tree, line)) {
        const bool of_line = are_details_of(r, line);
        *made = !of_line && finish(r, source, out);
        r->passes_over = r->listed && !of_line;
        begin_details(r, line, of_line);
        return true;
    }
    if (r->tree.open && text_hex_take(&r->now.hex, line)) {
        r->now.lines++;
        return true;
    }
    if (!r->tree.open || is_packet || !text_tree_take(&r->tree, line, &r->now.packet))
        return false;
    r->now.lines++;
    return true;
}

static enum source_result text_next(struct source *source, struct frame *out)
{
    struct text_reader *r = source->state;
    bool made = false;
    while (!made && !r->at_end) {
        if (source_is_stopped(source))
            return SOURCE_END;
        if (!read_line(r, source->stream)) {
            r->at_end = true;
            made = finish(r, source, out);
            break;
        }
        const char *line = text_line_unquoted(r->in.line);
        bool is_packet = text_read(line, &r->next);
        const char *inner = text_line_unprefixed(line);
        if (inner != line && r->now.there && r->now.packet.awaits_body && text_read(inner, &r->joined) &&
            r->joined.clock == TEXT_NO_TIME) { /* the time of the line is the log's */
            line = inner;
            r->next = r->joined;
            is_packet = true;
        }
        if (takes_details(r, source, out, inner, is_packet, &made))
            continue;
        if (belongs(r, line, is_packet) || (inner != line && !is_packet && belongs(r, inner, false))) {
            r->now.lines++;
            continue;
        }
        if (is_packet || may_begin(line)) {
            made = finish(r, source, out);
            begin(r, line, is_packet ? &r->next : NULL);
            r->listed |= is_packet;
        } else if (line[strspn(line, " \t")] == '\0' && !r->now.packet.awaits_body)
            r->now.joined = JOINED_MAX;
    }
    if (made) {
        source->frames++;
        return SOURCE_FRAME;
    }
    return source->stream->error[0] ? source_fail(source, "%s", source->stream->error) : SOURCE_END;
}

/* Does this line, or the one before together with it, tell of a packet? */
static bool shows_packet(struct gathered *g, const char *words, struct text_packet *packet)
{
    bool found =
        text_read(words, packet) || text_tree_names_ports(words) || text_tree_names_ports(text_line_unprefixed(words));
    if (!found && g->text_size && g->text_size + strlen(words) + 2 < sizeof g->text) {
        snprintf(g->text + g->text_size, sizeof g->text - g->text_size, " %s", words + strspn(words, " \t"));
        found = text_read(g->text, packet);
    }
    g->text_size = 0;
    if (!found && may_begin(words)) {
        g->text_size = strlen(words);
        memcpy(g->text, words, g->text_size + 1);
    }
    return found;
}

bool text_recognises(struct stream *stream)
{
    (void)stream_has(stream, LOOK_AT);
    const uint8_t *p = stream->pos, *end = stream->end;
    bool found = false;
    if ((size_t)(end - p) > LOOK_AT)
        end = p + LOOK_AT;
    source_names_begin(true);
    struct text_reader *r = calloc(1, sizeof *r);
    while (r && !found && (text_input_feed(&r->in, &p, end) || text_input_finish(&r->in)))
        found = shows_packet(&r->now, text_line_unquoted(r->in.line), &r->next);
    free(r);
    source_names_begin(found);
    return found;
}

static bool recognises_nothing(const uint8_t magic[4])
{
    (void)magic; /* see text_recognises */
    return false;
}

static enum source_result text_open(struct source *source)
{
    struct text_reader *r = calloc(1, sizeof *r);
    source->state = r;
    if (r == NULL || (r->flows = text_flows_new()) == NULL)
        return source_fail(source, "out of memory");
    text_moment_begin(&r->moment);
    source->linktype = LINKTYPE_OF_TEXT;
    if (source->filter != NULL) {
        char error[FILTER_ERROR_SIZE];
        r->program = filter_program(source->filter, LINKTYPE_RAW, error);
        if (r->program == NULL)
            return source_fail(source, "%s", error);
    }
    return SOURCE_FRAME;
}

static void text_close(struct source *source)
{
    struct text_reader *r = source->state;
    if (r)
        text_flows_free(r->flows);
    free(r);
}

static void text_stats(const struct source *source, struct source_stats *out)
{
    const struct text_reader *r = source->state;
    out->lines_passed_over = r->in.number > r->taken ? r->in.number - r->taken : 0;
}

static bool is_at_hand(const struct source *source)
{
    (void)source;
    return false; /* there is room for one frame */
}

/* Nothing of it is read ahead, for a line has its meaning from those before it: no `guess`. */
static const struct file_format format = {.recognises = recognises_nothing, .open = text_open};

const struct source_kind text_kind = {
    .next = text_next, .is_at_hand = is_at_hand, .stats = text_stats, .close = text_close, .file = &format};
