/* Frames on their way into the tracker: the quick path where it can, decoded whole where it must. */
#ifndef TRACK_FRAMES_H
#define TRACK_FRAMES_H

#include "state.h"

/* False where the file has to be sorted first. Else notes the time. */
bool frame_is_in_order(struct tracker *t, int64_t ts_us);

/* How many frames `options` still lets be taken, at most `most`. */
size_t frames_left(const struct tracker *t, size_t most);

#endif
