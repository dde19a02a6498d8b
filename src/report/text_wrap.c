#include "text_wrap.h"

#include <stdbool.h>
#include <wchar.h>

#include "utf8.h"

#define NBSP_FIRST  '\xc2'
#define NBSP_SECOND '\xa0'
#define LEFT_MARGIN 2 /* of a word that does not fit behind the margin */

/* ECMA-48 SGR, as text_styled writes it: ESC [ … m. 0: none begins here. */
static size_t escape_length(const char *bytes, size_t length)
{
    if (length < 3 || bytes[0] != '\033' || bytes[1] != '[')
        return 0;
    const char *end = memchr(bytes, 'm', length);
    return end == NULL ? 0 : (size_t)(end - bytes) + 1;
}

static size_t columns_of(uint32_t character)
{
    if (character < 0x80 || character == UTF8_INVALID)
        return 1;
    const int columns = wcwidth((wchar_t)character);
    return columns < 0 ? 1 : (size_t)columns;
}

size_t text_columns(const char *bytes, size_t length)
{
    size_t columns = 0;
    for (size_t at = 0, used; at < length; at += used) {
        used = escape_length(bytes + at, length - at);
        if (used == 0)
            columns += columns_of(utf8_read(bytes + at, length - at, &used));
    }
    return columns;
}

/* To the next blank, or behind the next comma that separates: one between digits or within quotes of a name does not
 * matter, a line may as well be broken there. */
static size_t word_length(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length && bytes[at] != ' ')
        if (bytes[at++] == ',')
            break;
    return at;
}

static size_t blanks_at(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length && bytes[at] == ' ')
        at++;
    return at;
}

/* A line's end and the margin in the place of `blanks` bytes at `at`. Returns how many bytes stand there now; 0: memory
 * is out, and nothing was changed. */
static size_t break_at(struct buffer *out, size_t at, size_t blanks, size_t margin, const char *before)
{
    const size_t more = strlen(before), size = 1 + margin + more;
    if (!buffer_reserve(out, size))
        return 0;
    memmove(out->data + at + size, out->data + at + blanks, out->length - at - blanks);
    out->data[at] = '\n';
    memset(out->data + at + 1, ' ', margin);
    memcpy(out->data + at + 1 + margin, before, more);
    out->length += size - blanks;
    return size;
}

/* Bytes that take at most so many columns. */
static size_t within_columns(const char *bytes, size_t length, size_t most)
{
    size_t at = 0, used;
    for (size_t columns = 0; at < length; at += used) {
        size_t more = 0;
        used = escape_length(bytes + at, length - at);
        if (used == 0)
            more = columns_of(utf8_read(bytes + at, length - at, &used));
        if (columns + more > most)
            break;
        columns += more;
    }
    return at;
}

/* Where a word is wider than any line, and no command: the part before a blank that does not break, or, of what was
 * made to be so long, a banner of random letters, as much as fits. */
static size_t piece_of(const char *bytes, size_t length, const struct text_margin *lines)
{
    static const char command[] = "sudo";
    const bool is_command = length > strlen(command) && memcmp(bytes, command, strlen(command)) == 0;
    if (is_command || text_columns(bytes, length) + LEFT_MARGIN <= lines->width)
        return length;
    const char *blank = length > 1 ? memchr(bytes + 1, NBSP_FIRST, length - 1) : NULL;
    const size_t stretch = blank != NULL ? (size_t)(blank - bytes) : length;
    if (text_columns(bytes, stretch) + LEFT_MARGIN <= lines->width)
        return stretch;
    const size_t most = lines->width > lines->margin + LEFT_MARGIN ? lines->width - lines->margin : LEFT_MARGIN;
    return within_columns(bytes, stretch, most);
}

static size_t margin_for(size_t columns, const struct text_margin *lines)
{
    if (lines->margin + strlen(lines->before) + columns <= lines->width)
        return lines->margin;
    return lines->margin < LEFT_MARGIN ? lines->margin : LEFT_MARGIN;
}

static void blanks_from_nbsp(struct buffer *out, size_t start)
{
    size_t to = start;
    for (size_t at = start; at < out->length; at++)
        if (out->data[at] == NBSP_FIRST && at + 1 < out->length && out->data[at + 1] == NBSP_SECOND) {
            out->data[to++] = ' ';
            at++;
        } else
            out->data[to++] = out->data[at];
    out->length = to;
}

/* A word that is too long to stand under those of the line before, at the beginning of a line. */
static size_t shift_left(struct buffer *out, size_t at, size_t blanks)
{
    if (blanks <= LEFT_MARGIN)
        return blanks;
    memmove(out->data + at + LEFT_MARGIN, out->data + at + blanks, out->length - at - blanks);
    out->length -= blanks - LEFT_MARGIN;
    return LEFT_MARGIN;
}

void text_wrap(struct buffer *out, size_t start, size_t from, const struct text_margin *lines)
{
    while (from > start && out->data[from - 1] == ' ')
        from--;
    size_t at = from, column = text_columns(out->data + start, from - start);
    size_t line_from = start; /* of this line nothing but its margin stands before it */
    while (at < out->length) {
        size_t blanks = blanks_at(out->data + at, out->length - at);
        const size_t whole = word_length(out->data + at + blanks, out->length - at - blanks);
        const size_t length = piece_of(out->data + at + blanks, whole, lines);
        const size_t columns = text_columns(out->data + at + blanks, length);
        if (columns > 0 && column + blanks + columns > lines->width && at > line_from) {
            const size_t margin = margin_for(columns, lines);
            if ((blanks = break_at(out, at, blanks, margin, lines->before)) == 0)
                break;
            line_from = at + blanks;
            column = margin + strlen(lines->before) + columns;
        } else {
            if (column + blanks + columns > lines->width && at == start)
                blanks = shift_left(out, at, blanks);
            column += blanks + columns;
        }
        at += blanks + length;
    }
    blanks_from_nbsp(out, start);
}
