/* The two clocks, in microseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Since 1970: the clock of captured packets. It may be set. */
static inline int64_t wall_clock_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

/* For durations: never set. */
static inline int64_t monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

#endif
