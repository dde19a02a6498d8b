/* SYNs, and the RSTs that refuse them, without being decoded: they begin compact SYN records, or add to them. */
#ifndef TRACK_FAST_OPENINGS_H
#define TRACK_FAST_OPENINGS_H

#include "parsed_frame.h"

/* Takes a frame whose quick parse says `opening`. QUICK_NEEDS_DECODE, and nothing is done, where that is not for here.
 * Not inlined, so that the many frames of no attempt do not pay for it. */
__attribute__((noinline)) enum quick_result opening_take(struct tracker *t, const struct parsed_frame *parsed_frame,
                                                         const struct frame *frame);

#endif
