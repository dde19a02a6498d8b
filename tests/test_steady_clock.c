/* A clock that is set while frames are captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/steady_clock.h"

#define HOUR   INT64_C(3600000000)
#define SECOND INT64_C(1000000)
#define WALL   INT64_C(1700000000000000)
#define DRIFT  INT64_C(500000) /* of the first test: one clock is looked at by all */

/* Without steps nothing is changed; a drift of NTP's is none. */
static void a_clock_that_drifts(void **state)
{
    (void)state;
    steady_clock_look_at(WALL, 0);
    for (int64_t us = 1; us <= 1000; us++)
        steady_clock_look_at(WALL + us * SECOND + us * DRIFT / 1000, us * SECOND);
    assert_int_equal(steady_of_stamp(WALL + 1000 * SECOND), WALL + 1000 * SECOND);
    assert_int_equal(steady_to_wall(WALL), WALL);
}

/* An hour forward and back again: time goes on, stamps of before and after are told apart, and what is printed is what
 * the clock showed. */
static void a_clock_that_is_set(void **state)
{
    (void)state;
    const int64_t wall = WALL + DRIFT + 2000 * SECOND, monotonic = 2000 * SECOND;
    steady_clock_look_at(wall, monotonic);
    steady_clock_look_at(wall + HOUR + 10000, monotonic + 10000);
    const int64_t stamped = steady_of_stamp(wall + HOUR + 9000);
    assert_int_equal(stamped, wall + 9000);
    assert_int_equal(steady_of_stamp(wall - 1000), wall - 1000); /* in the ring since before */
    assert_int_equal(steady_to_wall(stamped), wall + HOUR + 9000);
    assert_int_equal(steady_to_wall(wall - 1000), wall - 1000);
    steady_clock_look_at(wall + HOUR + 60 * SECOND, monotonic + 60 * SECOND);
    assert_int_equal(steady_of_stamp(wall + HOUR + 60 * SECOND), wall + 60 * SECOND);
    steady_clock_look_at(wall + 61 * SECOND, monotonic + 61 * SECOND);
    assert_int_equal(steady_of_stamp(wall + 61 * SECOND), wall + 61 * SECOND);
    assert_int_equal(steady_of_stamp(wall + HOUR + 60 * SECOND), wall + 60 * SECOND);
    assert_int_equal(steady_to_wall(wall + 61 * SECOND), wall + 61 * SECOND);
    assert_int_equal(steady_to_wall(wall + 30 * SECOND), wall + HOUR + 30 * SECOND);
}

/* More steps than are kept: those of long ago are printed with the oldest that is known, and time goes on. */
static void a_clock_that_is_set_often(void **state)
{
    (void)state;
    int64_t wall = WALL + DRIFT + 5000 * SECOND, monotonic = 5000 * SECOND;
    steady_clock_look_at(wall, monotonic);
    const int64_t before = steady_of_stamp(wall);
    for (int i = 0; i < 100; i++) {
        wall += i % 2 ? -HOUR : HOUR;
        wall += 20 * SECOND;
        monotonic += 20 * SECOND;
        steady_clock_look_at(wall, monotonic);
    }
    assert_int_equal(steady_of_stamp(wall), before + 100 * 20 * SECOND);
    assert_int_equal(steady_to_wall(steady_of_stamp(wall)), wall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_drifts),
        cmocka_unit_test(a_clock_that_is_set),
        cmocka_unit_test(a_clock_that_is_set_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
