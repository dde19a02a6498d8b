/* The parts of a page that say how much there was of what. */
#ifndef REPORT_PAGE_SUMMARY_H
#define REPORT_PAGE_SUMMARY_H

#include <sshsniff/report.h>

#include "page_html.h"
#include "page_timeline.h"
#include "tally.h"

/* The colour of each cause, as rules for a style sheet: the most frequent failures have one of their own. */
void summary_style(const struct tally *tally, struct buffer *out);

void summary_tiles(const struct tally *tally, const struct report_totals *totals, struct buffer *out);
void summary_timeline(const struct tally *tally, const struct page_timeline *timeline, struct page_clock *clock,
                      struct buffer *out);
void summary_causes(const struct tally *tally, struct buffer *out);
void summary_hosts(const struct tally *tally, const struct names *names, struct buffer *out);

#endif
