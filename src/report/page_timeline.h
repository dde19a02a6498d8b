/* How many attempts of each cause came when: bins that grow with the time that they have to cover. */
#ifndef REPORT_PAGE_TIMELINE_H
#define REPORT_PAGE_TIMELINE_H

#include <stdint.h>

#include <sshsniff/cause.h>

#include "page_html.h"

enum { TIMELINE_BINS = 96 };

/* All zero: nothing has come yet. */
struct page_timeline {
    int64_t origin_us, width_us; /* of the first bin; width 0: empty */
    int64_t first_us, last_us;
    uint32_t count[TIMELINE_BINS][CAUSE_COUNT];
};

void timeline_add(struct page_timeline *timeline, int64_t ts_us, enum cause cause);

/* As a picture, each cause in the colour of its class, piled up from below in this order. Nothing where there is
 * nothing. */
void timeline_write(const struct page_timeline *timeline, const enum cause order[CAUSE_COUNT], struct page_clock *clock,
                    struct buffer *out);

#endif
