/* A whole capture's frames in order of their time stamps, for files merged or written out of order. Bounded. */
#ifndef RUN_SORTED_FRAMES_H
#define RUN_SORTED_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <sshsniff/capture.h>

struct sorted_frames {
    struct frame *frame; /* count of them; data points into bytes */
    size_t count;
    uint8_t *bytes;
    bool memory_out; /* so that nothing is held, or a clock that was set back could not be told */
};

/* Copies all frames of `source`, at most `limit` bytes of data, and sorts them by time (then by number), unless the
 * capturing clock was set back: then their order stays, and their time is made to go on. The source's
 * end or error is left in it for the caller to see. False where the limit or memory does not suffice: then nothing is
 * held. */
bool sorted_frames_load(struct sorted_frames *sorted, struct source *source, size_t limit);
void sorted_frames_free(struct sorted_frames *sorted);

#endif
