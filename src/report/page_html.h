/* Text into a page. All that comes from the wire, from files' names or from people goes through html_text. */
#ifndef REPORT_PAGE_HTML_H
#define REPORT_PAGE_HTML_H

#include "buffer.h"
#include "names.h"

/* Any bytes as text: what HTML reads as markup is written as a character reference, what could steer a reader's
 * terminal or turn the text around as '?'. */
void html_text(struct buffer *out, const char *text);
void html_bytes(struct buffer *out, const char *text, size_t length);

/* The same without markup's characters escaped, for data that a script shows as text; a tab or a line's end is '?'. */
void page_plain(struct buffer *out, const char *text);

/* 1,234,567 */
void page_count(struct buffer *out, uint64_t count);

/* 10.7.1.2:35920, [fd00::2]:35920, or its name from the hosts file; port 0 is left out. Plain. */
void page_endpoint(struct buffer *out, const struct names *names, const struct address *address, uint16_t port);

/* How a page writes times: all with one distance to UTC. */
struct page_clock {
    bool set, by_line; /* by_line: a text's times, as they are written there */
    int64_t offset_us;
};

/* 2026-11-22 09:31:02.009, or without the date where a text has none. */
void page_moment(struct buffer *out, struct page_clock *clock, int64_t ts_us);

/* "250 ms", "2.5 s", "3 min 20 s", "2 h 10 min" */
void page_duration(struct buffer *out, int64_t us);

#endif
