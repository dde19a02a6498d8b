/* A page of all verdicts, for a browser: --html. report.c hands it what it gets. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <sshsniff/report.h>

#include "tally.h"

void page_attempt(struct page *page, const struct case_file *file, const struct verdict *verdict, const char *source);

/* The last that it gets: makes the page. */
void page_finish(struct page *page, const struct tally *tally, const struct report_totals *totals);

#endif
