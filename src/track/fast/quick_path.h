/* Frames that need not be decoded whole: those that belong to no attempt, for they show only that their sender is
 * there; the openings; and the segments of steady sessions. */
#ifndef TRACK_FAST_QUICK_PATH_H
#define TRACK_FAST_QUICK_PATH_H

#include "parsed_frame.h"

/* Parses several frames, finds their places in the tables, and has the processor fetch them. */
void quick_path_hash_ahead(const struct tracker *t, const struct frame *frames, struct parsed_frame *parsed_frames,
                           size_t count);

/* Of frames hashed some time ago, has it fetch what those places lead to, so that nothing is waited for when their turn
 * comes. May be left out. */
void quick_path_prefetch(const struct tracker *t, const struct parsed_frame *parsed_frames, size_t count);

/* Takes a frame by what a quick parse showed. */
enum quick_result quick_path_take(struct tracker *t, const struct parsed_frame *parsed_frame,
                                  const struct frame *frame);

#endif
