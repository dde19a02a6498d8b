/* What the lines of attempts have in common: when, in which capture, who, what. All but text_header append words to the
 * line in hand, and text_header too leaves its end to the caller. */
#ifndef REPORT_TEXT_LINES_H
#define REPORT_TEXT_LINES_H

#include "text_context.h"

#define HEADER_MARGIN 4 /* of further lines */

/* 0.25 ms, 250 ms, 2.5 s */
void text_duration(char *out, size_t size, int64_t us);

/* In the style that was asked for. */
void shown_time(struct text_context *context, int64_t steady_us);

/* 10.7.1.2:35920, [fd00::2]:35920, or a name from the hosts file; port 0 is left out. */
void shown_endpoint(struct text_context *context, const struct address *address, uint16_t port);

/* " in FILE", where there are several. */
void shown_source(struct text_context *context, const char *source);

/* Client → server. */
void shown_ends(struct text_context *context, const struct attempt *attempt);

enum text_style text_style_of(enum cause cause);

void text_header(struct text_context *context, const struct case_file *file, const struct verdict *verdict,
                 const char *source);

#endif
