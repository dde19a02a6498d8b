/* The machine's clock without its steps. Frames are stamped by a clock that may be set while an attempt is watched: an
 * hour forward, and whatever has no answer yet would have been silent for an hour. Here time goes on as if the clock
 * had not been set, and what is printed is what the clock showed then. For live captures; where nothing ever looks, the
 * two are the same.
 */
#ifndef BASE_STEADY_CLOCK_H
#define BASE_STEADY_CLOCK_H

#include <stdint.h>

/* Notices that the clock was set. To be called after frames were fetched, and while none come. */
void steady_clock_look(void);

/* Now, without the steps that were noticed. */
int64_t steady_now_us(void);

/* Of a frame that was captured a moment ago, from the kernel's stamp. */
int64_t steady_of_stamp(int64_t stamp_us);

/* What the clock showed then. */
int64_t steady_to_wall(int64_t steady_us);

/* What the two clocks show, for tests. */
void steady_clock_look_at(int64_t wall_us, int64_t monotonic_us);

#endif
