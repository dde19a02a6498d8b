/* The ladder of one attempt, as a table of a page. */
#ifndef REPORT_PAGE_LADDER_H
#define REPORT_PAGE_LADDER_H

#include <sshsniff/verdict.h>

#include "buffer.h"

/* Nothing where no packet was kept. */
void page_ladder(const struct case_file *file, const struct verdict *verdict, struct buffer *out);

#endif
