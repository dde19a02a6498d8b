/* Text for a terminal: cleaned, wrapped, coloured where wanted. */
#ifndef REPORT_TEXT_WRITER_H
#define REPORT_TEXT_WRITER_H

#include "buffer.h"

#define TEXT_WIDTH  100
#define TEXT_INDENT 13 /* where the values of a verdict begin, after their labels */

enum text_style { STYLE_PLAIN = 0, STYLE_BAD, STYLE_GOOD, STYLE_UNSURE, STYLE_STRONG, STYLE_FAINT };

struct text_writer {
    struct buffer *out;
    bool colour;
};

/* Any bytes, made harmless: what could steer a terminal becomes '?'. */
void text_clean(struct buffer *out, const char *text);

/* The same, in a style. */
void text_styled(struct text_writer *writer, enum text_style style, const char *text);

/* "  label      words words" with further lines under the first word; `label` may be "". Words longer than a line stay
 * whole. */
void text_field(struct text_writer *writer, const char *label, const char *text);

/* As text_field, with further lines `hang` columns deeper. */
void text_field_hanging(struct text_writer *writer, const char *label, const char *text, size_t hang);

/* The same on one line however long: a command that is broken into lines cannot be pasted. */
void text_line(struct text_writer *writer, const char *label, const char *text);

/* The same of a command with its comment: where both do not fit, the comment goes on as comments in lines of their own,
 * `hang` columns deeper. */
void text_command(struct text_writer *writer, const char *label, const char *text, size_t hang);

/* Words from column `margin` on, where the line stands already, in lines of at most `width` columns. */
void text_wrapped(struct text_writer *writer, const char *text, size_t margin, size_t width);

/* A blank that does not end a line. */
#define TEXT_NBSP "\xc2\xa0"

/* Columns that cleaned UTF-8 takes on a terminal, one for each character. */
size_t text_columns(const char *bytes, size_t length);

#endif
