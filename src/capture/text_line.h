/* One line of a text, without what pages, mails and terminals put around and into it. */
#ifndef CAPTURE_TEXT_LINE_H
#define CAPTURE_TEXT_LINE_H

#include <stddef.h>

/* In place: HTML's entities and tags, quoted-printable's signs, colours of a terminal, control characters. No byte
 * below a blank is left but the tab. Returns the size. */
size_t text_line_clean(char *line, size_t size);

/* Behind quotation marks (`> `, `| `) and before what they quote. */
const char *text_line_unquoted(const char *line);

/* Behind what a log, a list or grep puts before a line; the line itself where there is nothing of the kind. */
const char *text_line_unprefixed(const char *line);

#endif
