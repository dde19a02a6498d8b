/* All there is to say of one attempt, as a piece of a page. */
#ifndef REPORT_PAGE_DETAIL_H
#define REPORT_PAGE_DETAIL_H

#include <sshsniff/verdict.h>

#include "page_html.h"

struct detail_context {
    const struct names *names;
    struct page_clock *clock;
};

/* `source`: the capture's name; NULL: it need not be told. */
void page_detail(const struct detail_context *context, const struct case_file *file, const struct verdict *verdict,
                 const char *source, struct buffer *out);

#endif
