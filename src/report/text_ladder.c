/* -v: the packets of an attempt between client and server, one a line. */
#include <stdio.h>

#include <sshsniff/source_names.h>

#include "ladder.h"
#include "text_verdict.h"

/* Columns: the number and the time before the arrow, the TTL behind it, and then words in what is left. */
enum {
    NUMBER_WIDTH = 9,
    TIME_WIDTH = 12,
    TTL_WIDTH = 9,
    WORDS_LEAST = 18,
    ARROW_MOST = 27,
    ARROW_LEAST = 13, /* "client" and "server" stand above its ends */
    BARE_MARGIN = 6   /* where there is no room for an arrow, the words stand below its direction */
};

struct drawing {
    struct text_context *context;
    const struct case_file *file;
    const struct verdict *verdict;
    const struct ladder *ladder;
    struct buffer words; /* of the line in hand */
    size_t arrow;        /* columns; 0: it does not fit */
};

static struct buffer *out_of(const struct drawing *d)
{
    return d->context->writer.out;
}

static size_t between_of(const struct drawing *d)
{
    return d->arrow * 5 / 8;
}

static size_t place_of(const struct drawing *d, enum ladder_column column)
{
    return column == LADDER_CLIENT ? 0 : column == LADDER_SERVER ? d->arrow - 1 : between_of(d);
}

static void pad_to(struct buffer *out, size_t start, size_t width)
{
    const size_t columns = text_columns(out->data + start, out->length - start);
    buffer_padding(out, columns < width ? width - columns : 1);
}

static bool is_upright(const struct drawing *d, size_t at)
{
    return at == 0 || at == d->arrow - 1 || (d->ladder->has_between && at == between_of(d));
}

/* Of an arrow between these columns, what stands at `at`; NULL: it does not pass there. */
static const char *arrow_at(size_t from, size_t to, size_t at)
{
    const size_t left = from < to ? from : to, right = from < to ? to : from;
    if (left == right || at < left || at > right || at == to)
        return NULL;
    if (at == from)
        return from < to ? "├" : "┤";
    if (at == right - 1 && to == right)
        return "▶";
    return at == left + 1 && to == left ? "◀" : "─";
}

/* The uprights, and from one to another the arrow; dots for packets that stand together. */
static void draw_arrow(const struct drawing *d, const struct ladder_line *line)
{
    const bool one = line->packet && line->count == 1;
    const size_t from = place_of(d, (enum ladder_column)line->from), to = place_of(d, (enum ladder_column)line->to);
    for (size_t at = 0; at < d->arrow; at++) {
        const char *sign = one ? arrow_at(from, to, at) : NULL;
        if (!sign && is_upright(d, at))
            sign = "│";
        buffer_text(out_of(d), sign ? sign : !one && at % 2 ? "·" : " ");
    }
}

static void draw_direction(const struct drawing *d, const struct ladder_line *line)
{
    const bool one = line->packet && line->count == 1;
    buffer_text(out_of(d), !one ? "…" : line->to == LADDER_CLIENT ? "←" : "→");
}

static void number(const struct drawing *d, const struct ladder_line *line)
{
    struct buffer *out = out_of(d);
    const size_t start = out->length;
    char text[32] = "";
    if (line->packet)
        snprintf(text, sizeof text, "%s%llu%s", source_names_by_line() ? "line " : "#",
                 (unsigned long long)line->packet->number, line->count > 1 ? " …" : "");
    const size_t columns = text_columns(text, strlen(text));
    buffer_padding(out, columns < NUMBER_WIDTH ? NUMBER_WIDTH - columns : 1);
    buffer_text(out, text);
    pad_to(out, start, NUMBER_WIDTH + 1);
}

static void time_of(const struct drawing *d, const struct ladder_line *line)
{
    struct buffer *out = out_of(d);
    const size_t start = out->length;
    if (line->packet && !(line->packet->unknown & FIELD_TIME))
        ladder_time(line->after_us, out);
    const size_t columns = out->length - start;
    if (columns < TIME_WIDTH - 2 && buffer_reserve(out, TIME_WIDTH)) {
        const size_t shift = TIME_WIDTH - 2 - columns;
        memmove(out->data + start + shift, out->data + start, columns);
        memset(out->data + start, ' ', shift);
        out->length += shift;
    }
    buffer_padding(out, 2);
}

static void ttl(const struct drawing *d, const struct ladder_line *line)
{
    struct buffer *out = out_of(d);
    const size_t start = out->length;
    if (line->packet && line->count == 1 && !(line->packet->unknown & FIELD_TTL)) {
        BUFFER_LITERAL(out, "  ttl ");
        buffer_u64(out, line->packet->ttl);
    }
    if (d->arrow)
        pad_to(out, start, TTL_WIDTH);
}

/* What the packet is, and which evidence rests on it. */
static void words_of(struct drawing *d, const struct ladder_line *line)
{
    const char *before = " [";
    bool any = false;
    ladder_words(d->file, line, &d->words);
    for (size_t i = ladder_evidence(d->verdict, line, 0); i < d->verdict->evidence_count;
         i = ladder_evidence(d->verdict, line, i + 1)) {
        buffer_text(&d->words, before);
        buffer_text(&d->words, d->verdict->evidence[i].id);
        before = ", ";
        any = true;
    }
    if (any)
        buffer_char(&d->words, ']');
    buffer_char(&d->words, '\0');
}

static void one_line(struct drawing *d, const struct ladder_line *line)
{
    struct buffer *out = out_of(d);
    number(d, line);
    time_of(d, line);
    if (d->arrow)
        draw_arrow(d, line);
    else
        draw_direction(d, line);
    ttl(d, line);
    d->words.length = 0;
    words_of(d, line);
    if (d->words.failed) {
        out->failed = true;
        return;
    }
    const size_t margin = d->arrow ? NUMBER_WIDTH + 1 + TIME_WIDTH + d->arrow + TTL_WIDTH + 1 : BARE_MARGIN;
    if (d->arrow)
        buffer_char(out, ' ');
    else {
        buffer_char(out, '\n');
        buffer_padding(out, margin);
    }
    text_wrapped(&d->context->writer, d->words.data, margin);
}

/* Who the uprights are. */
static void head(const struct drawing *d)
{
    struct buffer *out = out_of(d);
    buffer_padding(out, 2);
    text_styled(&d->context->writer, STYLE_FAINT, "packets");
    if (d->arrow) {
        buffer_padding(out, NUMBER_WIDTH + 1 + TIME_WIDTH - 2 - strlen("packets"));
        const size_t start = out->length;
        BUFFER_LITERAL(out, "client");
        pad_to(out, start, d->arrow - strlen("server"));
        BUFFER_LITERAL(out, "server");
    }
    if (d->ladder->has_between) {
        BUFFER_LITERAL(out, "   between: ");
        text_clean(out, d->ladder->between);
    }
    buffer_char(out, '\n');
}

/* Two fifths of what the columns of fixed width leave; 0: the words would have too little. */
static size_t arrow_within(size_t width)
{
    const size_t fixed = NUMBER_WIDTH + 1 + TIME_WIDTH + TTL_WIDTH + 1;
    const size_t rest = width > fixed ? width - fixed : 0;
    const size_t arrow = rest * 2 / 5 < ARROW_LEAST ? ARROW_LEAST : rest * 2 / 5;
    if (rest < arrow + WORDS_LEAST)
        return 0;
    return arrow < ARROW_MOST ? arrow : ARROW_MOST;
}

void text_ladder(struct text_context *context, const struct case_file *file, const struct verdict *verdict)
{
    struct ladder ladder;
    if (!ladder_make(file, verdict, &ladder))
        return;
    struct drawing d = {context, file, verdict, &ladder, {0}, 0};
    d.arrow = arrow_within(text_width(&context->writer));
    head(&d);
    for (size_t i = 0; i < ladder.lines; i++)
        one_line(&d, &ladder.line[i]);
    buffer_free(&d.words);
}
