/* Text for a terminal: cleaned, wrapped, coloured where wanted. */
#ifndef REPORT_TEXT_WRITER_H
#define REPORT_TEXT_WRITER_H

#include "buffer.h"
#include "text_wrap.h"

#define TEXT_WIDTH  100 /* where a terminal's is not known */
#define TEXT_INDENT 13  /* where the values of a verdict begin, after their labels */

enum text_style { STYLE_PLAIN = 0, STYLE_BAD, STYLE_GOOD, STYLE_UNSURE, STYLE_STRONG, STYLE_FAINT };

struct text_writer {
    struct buffer *out;
    bool colour;
    size_t width; /* columns that a line may take; 0: not known */
};

size_t text_width(const struct text_writer *writer);

/* Any bytes, made harmless: what could steer a terminal becomes '?'. */
void text_clean(struct buffer *out, const char *text);

/* The same, in a style. */
void text_styled(struct text_writer *writer, enum text_style style, const char *text);

/* "  label      words words" with further lines under the first word; `label` may be "". Words longer than a line stay
 * whole, and lists are broken behind commas. */
void text_field(struct text_writer *writer, const char *label, const char *text);

/* As text_field, with further lines `hang` columns deeper. */
void text_field_hanging(struct text_writer *writer, const char *label, const char *text, size_t hang);

/* The same on one line however long: a command that is broken into lines cannot be pasted. Where it does not fit behind
 * its label, it stands alone on the next line. */
void text_line(struct text_writer *writer, const char *label, const char *text);

/* The same of a command, with a word ("server: ") before it, and with its comment: where both do not fit, the comment
 * goes on as comments in lines of their own, `hang` columns deeper. */
void text_command(struct text_writer *writer, const char *label, const char *before, const char *text, size_t hang);

/* Ends the line in hand with these words; further lines begin at column `margin`. */
void text_wrapped(struct text_writer *writer, const char *text, size_t margin);

/* The same of a line that has its words already. */
void text_end_line(struct text_writer *writer, size_t margin);

/* Where the line in hand begins. */
size_t text_line_start(const struct buffer *out);

/* A blank that does not end a line. */
#define TEXT_NBSP "\xc2\xa0"

#endif
