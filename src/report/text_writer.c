#include "text_writer.h"
#include "utf8.h"

/* Keeps words together; on the terminal, and in what is pasted from it, a blank. */
#define NO_BREAK_SPACE 0xa0

static void clean(struct buffer *out, const char *text, size_t length)
{
    for (size_t at = 0, used; at < length; at += used) {
        uint32_t character = utf8_read(text + at, length - at, &used);
        if (character == NO_BREAK_SPACE)
            buffer_char(out, ' ');
        else if (character == UTF8_INVALID || utf8_is_unsafe(character))
            buffer_char(out, '?');
        else
            buffer_bytes(out, text + at, used);
    }
}

void text_clean(struct buffer *out, const char *text)
{
    clean(out, text, strlen(text));
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

size_t text_columns(const char *bytes, size_t length)
{
    size_t columns = 0;
    for (size_t at = 0, used; at < length; at += used, columns++)
        utf8_read(bytes + at, length - at, &used);
    return columns;
}

static void label_of(struct text_writer *writer, const char *label)
{
    size_t length = strlen(label);
    buffer_padding(writer->out, 2);
    text_styled(writer, STYLE_FAINT, label);
    buffer_padding(writer->out, length + 3 < TEXT_INDENT ? TEXT_INDENT - 2 - length : 1);
}

/* `from`: the column of the first word. Further lines begin with `before`, at `margin`. */
static void wrapped_at(struct text_writer *writer, const char *text, size_t from, size_t margin, const char *before,
                       size_t width)
{
    size_t column = from;
    bool fresh = true; /* nothing on this line yet */
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        size_t columns = text_columns(text, word);
        if (!fresh && column + 1 + columns > width) {
            buffer_char(writer->out, '\n');
            buffer_padding(writer->out, margin);
            buffer_text(writer->out, before);
            column = margin + strlen(before);
            fresh = true;
        }
        if (!fresh) {
            buffer_char(writer->out, ' ');
            column++;
        }
        clean(writer->out, text, word);
        column += columns;
        fresh = false;
        text += word;
        text += *text == ' ';
    }
    buffer_char(writer->out, '\n');
}

static void wrapped(struct text_writer *writer, const char *text, size_t from, size_t margin, const char *before)
{
    wrapped_at(writer, text, from, margin, before, TEXT_WIDTH);
}

void text_wrapped(struct text_writer *writer, const char *text, size_t margin, size_t width)
{
    wrapped_at(writer, text, margin, margin, "", width);
}

void text_field_hanging(struct text_writer *writer, const char *label, const char *text, size_t hang)
{
    label_of(writer, label);
    wrapped(writer, text, TEXT_INDENT, TEXT_INDENT + hang, "");
}

void text_command(struct text_writer *writer, const char *label, const char *text, size_t hang)
{
    static const char mark[] = "# ";
    const char *comment = strstr(text, "  # ");
    label_of(writer, label);
    if (comment == NULL || TEXT_INDENT + text_columns(text, strlen(text)) <= TEXT_WIDTH) {
        text_clean(writer->out, text);
        buffer_char(writer->out, '\n');
        return;
    }
    const size_t margin = TEXT_INDENT + hang;
    clean(writer->out, text, (size_t)(comment - text));
    buffer_char(writer->out, '\n');
    buffer_padding(writer->out, margin);
    buffer_text(writer->out, mark);
    wrapped(writer, comment + strlen("  # "), margin + strlen(mark), margin, mark);
}

void text_field(struct text_writer *writer, const char *label, const char *text)
{
    text_field_hanging(writer, label, text, 0);
}

void text_line(struct text_writer *writer, const char *label, const char *text)
{
    label_of(writer, label);
    text_clean(writer->out, text);
    buffer_char(writer->out, '\n');
}
