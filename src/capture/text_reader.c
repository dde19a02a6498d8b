#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/protocol_numbers.h>
#include <sshsniff/source_names.h>

#include "filter.h"
#include "text_gather.h"
#include "text_line.h"
#include "text_moment.h"
#include "text_packet.h"
#include "text_reader.h"
#include "text_tree.h"
#include "text_words.h"

#define LINKTYPE_RAW 101

enum {
    LOOK_AT = 128 << 10, /* bytes in which a text has to show a packet */
    FRAME_SIZE = sizeof(struct text_link) + TEXT_HEX_SIZE
};

struct text_reader {
    struct text_flows *flows;
    const struct bpf_program *program; /* NULL: no filter */
    struct text_moment moment;
    uint64_t taken; /* lines that belong to a packet */
    bool at_end;
    struct text_gather lines;
    struct text_tree tree; /* packet details, of `now` */
    bool listed;      /* packets were read from lines: details further down are of one of them, or of another run */
    bool passes_over; /* such details */
    struct text_packet next;
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

/* ---- Frames ---- */

static bool make_frame(struct text_reader *r, struct source *source, struct frame *out)
{
    struct gathered *g = &r->lines.now;
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
    const char *text = r->lines.now.text + strspn(r->lines.now.text, " \t");
    text_tree_begin(&details, line, &unused);
    return r->lines.now.there && r->lines.now.is_packet && !r->tree.open && details.number &&
           text_number(text, UINT32_MAX, &number, NULL) && number == details.number;
}

static void begin_details(struct text_reader *r, const char *line, bool of_line)
{
    struct text_packet *packet = &r->lines.now.packet;
    struct text_packet fresh = {.clock = of_line ? packet->clock : TEXT_NO_TIME,
                                .time_us = of_line ? packet->time_us : 0};
    text_gather_begin(&r->lines, &r->in, line, &fresh);
    r->lines.now.joined = TEXT_JOINED_MAX;
    text_tree_begin(&r->tree, line, packet);
}

/* Ends what is gathered; true where it is a frame. */
static bool finish(struct text_reader *r, struct source *source, struct frame *out)
{
    const bool made = r->lines.now.there && !r->passes_over && make_frame(r, source, out);
    r->lines.now.there = r->passes_over = r->tree.open = false;
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
    if (r->tree.open && text_hex_take(&r->lines.now.hex, line)) {
        r->lines.now.lines++;
        return true;
    }
    if (!r->tree.open || is_packet || !text_tree_take(&r->tree, line, &r->lines.now.packet))
        return false;
    r->lines.now.lines++;
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
        if (inner != line && r->lines.now.there && r->lines.now.packet.awaits_body &&
            text_read(inner, &r->lines.joined) &&
            r->lines.joined.clock == TEXT_NO_TIME) { /* the time of the line is the log's */
            line = inner;
            r->next = r->lines.joined;
            is_packet = true;
        }
        if (takes_details(r, source, out, inner, is_packet, &made))
            continue;
        if (text_gather_takes(&r->lines, &r->in, line, is_packet ? &r->next : NULL) ||
            (inner != line && !is_packet && text_gather_takes(&r->lines, &r->in, inner, NULL))) {
            r->lines.now.lines++;
            continue;
        }
        if (is_packet || text_may_begin(line)) {
            made = finish(r, source, out);
            text_gather_begin(&r->lines, &r->in, line, is_packet ? &r->next : NULL);
            r->listed |= is_packet;
        } else if (line[strspn(line, " \t")] == '\0' && !r->lines.now.packet.awaits_body)
            r->lines.now.joined = TEXT_JOINED_MAX;
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
    if (!found && text_may_begin(words)) {
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
        found = shows_packet(&r->lines.now, text_line_unquoted(r->in.line), &r->next);
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
