/* A capture whose clock was set back while it ran: its frames are in order, their time stamps are not. */
#ifndef RUN_CLOCK_STEPS_H
#define RUN_CLOCK_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include <sshsniff/frame.h>

/* `frame`: all of a capture, in the order of the file, with time stamps that go back somewhere. True where that order
 * is the true one: TCP's sequence and acknowledgement numbers, which only grow, fit it better than the order of the
 * time stamps, in which `sorted` holds the same frames' places (indices into `frame`). */
bool clock_was_set_back(const struct frame *frame, const size_t *sorted, size_t count);

/* Has the time go on at each such step, instead of back: frames after it are moved by what the clock lost. */
void clock_steps_undo(struct frame *frame, size_t count);

#endif
