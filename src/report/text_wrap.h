/* Lines that are too wide for the terminal, broken between words. */
#ifndef REPORT_TEXT_WRAP_H
#define REPORT_TEXT_WRAP_H

#include "buffer.h"

struct text_margin {
    size_t width;       /* columns that a line may take */
    size_t margin;      /* where further lines begin */
    const char *before; /* what they begin with, behind the margin; "" */
};

/* Breaks what `out` holds from `start`, the beginning of a line, to its end; at blanks and behind commas, but not
 * before `from`. No word is cut but one that is wider than a line; one that is too long for the margin begins further
 * to the left. Blanks that do not break (TEXT_NBSP) become blanks. What is there must be clean but for text_styled's
 * escape sequences, which take no columns. */
void text_wrap(struct buffer *out, size_t start, size_t from, const struct text_margin *lines);

/* Columns that cleaned UTF-8 takes on a terminal, without its escape sequences. Wide characters count where LC_CTYPE is
 * that of UTF-8. */
size_t text_columns(const char *bytes, size_t length);

#endif
