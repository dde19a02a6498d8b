#include "text_writer.h"
#include "utf8.h"

/* Keeps words together; on the terminal, and in what is pasted from it, a blank. */
#define NO_BREAK_SPACE 0xa0
#define LEFT_MARGIN    2 /* of a command that does not fit behind its label */

static void clean(struct buffer *out, const char *text, size_t length, bool keeps_nbsp)
{
    for (size_t at = 0, used; at < length; at += used) {
        uint32_t character = utf8_read(text + at, length - at, &used);
        if (character == NO_BREAK_SPACE && !keeps_nbsp)
            buffer_char(out, ' ');
        else if (character == UTF8_INVALID || utf8_is_unsafe(character))
            buffer_char(out, '?');
        else
            buffer_bytes(out, text + at, used);
    }
}

void text_clean(struct buffer *out, const char *text)
{
    clean(out, text, strlen(text), false);
}

/* ECMA-48 SGR; understood by every terminal of today. */
static const char *const styles[] = {
    [STYLE_PLAIN] = "",         [STYLE_BAD] = "\033[1;31m", [STYLE_GOOD] = "\033[1;32m", [STYLE_UNSURE] = "\033[1;33m",
    [STYLE_STRONG] = "\033[1m", [STYLE_FAINT] = "\033[2m",
};

void text_styled(struct text_writer *writer, enum text_style style, const char *text)
{
    bool styled = writer->colour && style != STYLE_PLAIN;
    if (styled)
        buffer_text(writer->out, styles[style]);
    text_clean(writer->out, text);
    if (styled)
        BUFFER_LITERAL(writer->out, "\033[0m");
}

size_t text_width(const struct text_writer *writer)
{
    return writer->width != 0 ? writer->width : TEXT_WIDTH;
}

size_t text_line_start(const struct buffer *out)
{
    const char *end = out->length > 0 ? memrchr(out->data, '\n', out->length) : NULL;
    return end != NULL ? (size_t)(end - out->data) + 1 : 0;
}

static void trim(struct buffer *out)
{
    while (out->length > 0 && out->data[out->length - 1] == ' ')
        out->length--;
}

static void label_of(struct text_writer *writer, const char *label)
{
    size_t length = strlen(label);
    buffer_padding(writer->out, 2);
    text_styled(writer, STYLE_FAINT, label);
    buffer_padding(writer->out, length + 3 < TEXT_INDENT ? TEXT_INDENT - 2 - length : 1);
}

/* Words behind what stands in the line in hand, which is not broken. */
static void wrapped(struct text_writer *writer, const char *text, size_t margin, const char *before)
{
    const size_t start = text_line_start(writer->out);
    const struct text_margin lines = {text_width(writer), margin, before};
    const size_t from = writer->out->length;
    clean(writer->out, text, strlen(text), true);
    if (!writer->out->failed)
        text_wrap(writer->out, start, from, &lines);
    buffer_char(writer->out, '\n');
}

void text_wrapped(struct text_writer *writer, const char *text, size_t margin)
{
    wrapped(writer, text, margin, "");
}

void text_end_line(struct text_writer *writer, size_t margin)
{
    trim(writer->out);
    const size_t start = text_line_start(writer->out);
    const struct text_margin lines = {text_width(writer), margin, ""};
    if (!writer->out->failed)
        text_wrap(writer->out, start, start, &lines);
    buffer_char(writer->out, '\n');
}

void text_field_hanging(struct text_writer *writer, const char *label, const char *text, size_t hang)
{
    label_of(writer, label);
    wrapped(writer, text, TEXT_INDENT + hang, "");
}

/* The line of a command begins as far to the left as it must. */
static size_t command_margin(size_t columns, size_t usual, size_t width)
{
    return usual + columns <= width ? usual : LEFT_MARGIN + columns <= width ? LEFT_MARGIN : 0;
}

/* "  label      before command" with the command whole: on the next line, alone, where it does not fit behind those. */
static void whole(struct text_writer *writer, const char *label, const char *before, const char *text, size_t length)
{
    const size_t columns = text_columns(text, length), width = text_width(writer),
                 front = text_columns(before, strlen(before));
    const bool fits = TEXT_INDENT + front + columns <= width;
    if (fits || label[0] != '\0' || front > 0) {
        label_of(writer, label);
        text_clean(writer->out, before);
    }
    if (!fits) {
        trim(writer->out);
        if (text_line_start(writer->out) < writer->out->length)
            buffer_char(writer->out, '\n');
        buffer_padding(writer->out, command_margin(columns, TEXT_INDENT, width));
    }
    clean(writer->out, text, length, false);
    buffer_char(writer->out, '\n');
}

void text_command(struct text_writer *writer, const char *label, const char *before, const char *text, size_t hang)
{
    static const char mark[] = "# ", blank_mark[] = "  # ";
    const char *comment = strstr(text, blank_mark);
    const size_t length = strlen(text), columns = text_columns(text, length);
    if (comment == NULL || TEXT_INDENT + strlen(before) + columns <= text_width(writer)) {
        whole(writer, label, before, text, length);
        return;
    }
    whole(writer, label, before, text, (size_t)(comment - text));
    buffer_padding(writer->out, TEXT_INDENT + hang);
    buffer_text(writer->out, mark);
    wrapped(writer, comment + strlen(blank_mark), TEXT_INDENT + hang, mark);
}

void text_field(struct text_writer *writer, const char *label, const char *text)
{
    text_field_hanging(writer, label, text, 0);
}

void text_line(struct text_writer *writer, const char *label, const char *text)
{
    whole(writer, label, "", text, strlen(text));
}
