/* --brief: an attempt in one line that fits. */
#include <stdio.h>

#include "cause_words.h"
#include "moment.h"
#include "text_lines.h"
#include "text_verdict.h"

enum {
    /* The least widths that show the date, where it was, how sure it is, and the server. */
    ROOM_FOR_DATE = 100,
    ROOM_FOR_PLACE = 78,
    ROOM_FOR_SURENESS = 68,
    ROOM_FOR_SERVER = 54,
    LEAST_END = 8, /* columns that an end keeps */
    ARROW_WIDTH = 3,
    CLIENT_WIDTH = 15, /* to which short ones are filled up: any IPv4 address */
    SERVER_WIDTH = 18,
    CAUSE_WIDTH = 20,
    SURENESS_WIDTH = 6, /* "  98%" */
    PLACE_WIDTH = 9,    /* "  unknown" */
    END_SIZE = 320
};

/* A column of the line, and how wide it may be. */
static void cut_column(struct buffer *out, const char *text, size_t most)
{
    const size_t columns = text_columns(text, strlen(text));
    size_t used = 0;
    if (columns <= most) {
        buffer_text(out, text);
        return;
    }
    while (text[used] != '\0' && text_columns(text, used + 1) < most)
        used++;
    while (used > 0 && ((unsigned char)text[used] & 0xc0) == 0x80)
        used--;
    buffer_bytes(out, text, used);
    buffer_text(out, "…");
}

static void fill(struct buffer *out, size_t start, size_t width)
{
    const size_t columns = text_columns(out->data + start, out->length - start);
    buffer_padding(out, columns < width ? width - columns : 0);
}

/* Moves what `out` holds from `start` on to `text`. */
static void take_out(struct buffer *out, size_t start, char text[END_SIZE])
{
    snprintf(text, END_SIZE, "%.*s", (int)(out->length - start), out->data + start);
    out->length = start;
}

static void ends_of(struct text_context *context, const struct attempt *attempt, char client[END_SIZE],
                    char server[END_SIZE])
{
    struct buffer *out = context->writer.out;
    const size_t start = out->length;
    shown_endpoint(context, &attempt->key.client, 0);
    take_out(out, start, client);
    if (attempt->lookup != NULL && attempt->lookup->name[0] != '\0')
        text_clean(out, attempt->lookup->name);
    else
        shown_endpoint(context, &attempt->key.server, attempt->lookup == NULL ? attempt->key.server_port : 0);
    take_out(out, start, server);
}

static void when(struct text_context *context, const struct attempt *attempt, bool has_room)
{
    struct buffer *out = context->writer.out;
    const size_t start = out->length;
    const bool is_dated = context->time_style == TIME_DATE || context->time_style == TIME_DATE_TOO;
    shown_time(context, moment_start(attempt));
    if (is_dated && !has_room && out->length - start > strlen("09:30:54.586")) {
        char text[END_SIZE];
        take_out(out, start, text);
        const char *clock = strchr(text, ' ');
        clock = clock != NULL ? clock + 1 : text;
        buffer_bytes(out, clock, strcspn(clock, "."));
    }
    if (out->length > start)
        buffer_padding(out, 2);
}

/* The cause in its style, and as much behind it as there is room for. */
static void what(struct text_context *context, const struct verdict *verdict, size_t width)
{
    struct buffer *out = context->writer.out;
    const size_t start = out->length;
    const bool sure = verdict->cause != CAUSE_NONE && verdict->cause != CAUSE_UNDETERMINED;
    const char *where = where_name(verdict->where);
    char text[SURENESS_WIDTH + 1];
    text_styled(&context->writer, text_style_of(verdict->cause),
                verdict->cause == CAUSE_NONE ? "logged in" : cause_name(verdict->cause));
    if (!sure || width < ROOM_FOR_SURENESS)
        return;
    fill(out, start, CAUSE_WIDTH);
    snprintf(text, sizeof text, "  %3d%%", confidence_percent(verdict->confidence));
    buffer_text(out, text);
    if (where == NULL || width < ROOM_FOR_PLACE)
        return;
    buffer_padding(out, 2);
    buffer_text(out, where);
}

/* Both within `room` columns; the client's gives way first. */
static void who(struct text_context *context, const struct attempt *attempt, size_t room, bool has_server)
{
    struct buffer *out = context->writer.out;
    char client[END_SIZE], server[END_SIZE];
    ends_of(context, attempt, client, server);
    const size_t of_server = has_server ? text_columns(server, strlen(server)) + ARROW_WIDTH : 0;
    const size_t most = of_server + LEAST_END <= room ? room - of_server : LEAST_END;
    size_t at = out->length;
    cut_column(out, client, most);
    fill(out, at, most < CLIENT_WIDTH ? most : CLIENT_WIDTH);
    if (!has_server)
        return;
    const size_t taken = text_columns(out->data + at, out->length - at) + ARROW_WIDTH;
    const size_t left = room > taken + LEAST_END ? room - taken : LEAST_END;
    BUFFER_LITERAL(out, " → ");
    at = out->length;
    cut_column(out, server, left);
    fill(out, at, left < SERVER_WIDTH ? left : SERVER_WIDTH);
}

void text_brief(struct text_context *context, const struct case_file *file, const struct verdict *verdict,
                const char *source)
{
    struct buffer *out = context->writer.out;
    const size_t width = text_width(&context->writer), start = out->length;
    context->start_us = file->capture != NULL ? file->capture->first_us : 0;
    when(context, file->attempt, width >= ROOM_FOR_DATE);
    const size_t fixed = text_columns(out->data + start, out->length - start) + 2 + CAUSE_WIDTH +
                         (width >= ROOM_FOR_SURENESS ? SURENESS_WIDTH : 0) +
                         (width >= ROOM_FOR_PLACE ? PLACE_WIDTH : 0);
    who(context, file->attempt, width > fixed ? width - fixed : 0, width >= ROOM_FOR_SERVER);
    buffer_padding(out, 2);
    what(context, verdict, width);
    if (source != NULL && text_columns(out->data + start, out->length - start) + strlen(source) + 4 <= width)
        shown_source(context, source);
    text_end_line(&context->writer, HEADER_MARGIN);
}
