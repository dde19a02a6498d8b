/* docs/causes.md: all causes for a reader, as their rows tell them. */
#ifndef REPORT_CAUSES_PAGE_H
#define REPORT_CAUSES_PAGE_H

#include "buffer.h"

/* Appends the page, as Markdown. */
void causes_page(struct buffer *out);

#endif
