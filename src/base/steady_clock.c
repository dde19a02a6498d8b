#include "steady_clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    LEAST_STEP_US = 250000,       /* less is slewed by NTP, or nobody's verdict */
    TOGETHER_US = 1000,           /* both clocks were read within this */
    STAMPED_BEFORE_US = 10000000, /* frames from before a step are fetched this much later at most */
    STEPS_KEPT = 16
};

struct step {
    int64_t from_us; /* steady time */
    int64_t sum_us;  /* of all steps up to this one */
};

static struct {
    bool looked;
    int64_t apart_us; /* from the monotonic clock to the wall's, when it was looked last */
    int64_t now_us;   /* then, in steady time */
    int64_t sum_us;
    struct step step[STEPS_KEPT]; /* the latest, oldest first */
    unsigned count;
} steady;

static void note_step(int64_t from_us, int64_t sum_us)
{
    if (steady.count == STEPS_KEPT) {
        memmove(steady.step, steady.step + 1, (STEPS_KEPT - 1) * sizeof *steady.step);
        steady.count--;
    }
    steady.step[steady.count++] = (struct step){from_us, sum_us};
    steady.sum_us = sum_us;
}

void steady_clock_look_at(int64_t wall_us, int64_t monotonic_us)
{
    const int64_t apart_us = wall_us - monotonic_us, by_us = apart_us - steady.apart_us;
    if (steady.looked && llabs(by_us) >= LEAST_STEP_US)
        note_step(wall_us - by_us - steady.sum_us, steady.sum_us + by_us);
    steady.apart_us = apart_us;
    steady.now_us = wall_us - steady.sum_us;
    steady.looked = true;
}

void steady_clock_look(void)
{
    const int64_t before_us = monotonic_us(), wall_us = wall_clock_us();
    if (monotonic_us() - before_us <= TOGETHER_US) /* or the process stood still between the two */
        steady_clock_look_at(wall_us, before_us);
}

int64_t steady_now_us(void)
{
    return wall_clock_us() - steady.sum_us;
}

/* Before the latest step or after it, whichever makes it a moment ago. The first that came after it tells when that was
 * more closely than the look did. */
int64_t steady_of_stamp(int64_t stamp_us)
{
    const int64_t after_us = stamp_us - steady.sum_us;
    if (steady.count == 0)
        return after_us;
    struct step *latest = &steady.step[steady.count - 1];
    if (steady.now_us - latest->from_us > STAMPED_BEFORE_US)
        return after_us;
    const int64_t before_us = stamp_us - (steady.count > 1 ? steady.step[steady.count - 2].sum_us : 0);
    if (llabs(before_us - steady.now_us) < llabs(after_us - steady.now_us))
        return before_us;
    if (after_us < latest->from_us)
        latest->from_us = after_us;
    return after_us;
}

int64_t steady_to_wall(int64_t steady_us)
{
    for (unsigned i = steady.count; i > 0; i--)
        if (steady_us >= steady.step[i - 1].from_us)
            return steady_us + steady.step[i - 1].sum_us;
    return steady_us;
}
