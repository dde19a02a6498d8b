/* Steady sessions: logged in, or at it for long, and exchanging segment after segment, each beginning where the one
 * before had ended. Of a busy server's packets nearly all are such. What one changes is a few counters, so it is taken
 * without being decoded; the least thing out of the ordinary, and it is decoded like all others. */
#ifndef TRACK_FAST_STEADY_H
#define TRACK_FAST_STEADY_H

#include "classified_frame.h"
#include "parsed_frame.h"

/* Takes a frame that a quick parse found to be TCP, and no opening. QUICK_NEEDS_DECODE, and nothing is done, where it
 * is not for here. */
enum quick_result steady_take(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame);
/* The same for what the read-ahead thread found. False where it is not the session's next segment. */
bool steady_take_classified(struct tracker *t, const struct skipped_frame *skipped_frame,
                            const struct steady_frame *steady_frame, uint64_t number);

#endif
