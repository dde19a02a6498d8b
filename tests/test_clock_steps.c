/* A clock that was set back while the capture ran, told apart from frames that a file holds out of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include <sshsniff/packet.h>

#include "packets.h"
#include "run/clock_steps.h"

enum { FRAMES = 8, STEP_US = 100000 };

struct capture {
    struct frame_bytes bytes[FRAMES];
    struct frame frame[FRAMES];
    size_t by_time[FRAMES];
};

/* A client and a server talk in turn, from a SYN on: each segment acknowledges the one before. */
static void talk(struct capture *c)
{
    uint32_t next[2] = {1000, 5000};
    for (size_t i = 0; i < FRAMES; i++) {
        const unsigned side = i % 2;
        static const uint8_t word[10];
        struct segment s = {.from = side ? PERSON_SERVER : PERSON_CLIENT,
                            .to = side ? PERSON_CLIENT : PERSON_SERVER,
                            .ttl = 64,
                            .src_port = side ? 22 : 40000,
                            .dst_port = side ? 40000 : 22,
                            .seq = next[side],
                            .ack = i ? next[!side] : 0,
                            .flags = i == 0   ? TCP_SYN
                                     : i == 1 ? TCP_SYN | TCP_ACK
                                              : TCP_ACK | TCP_PSH,
                            .payload = word,
                            .payload_len = i < 2 ? 0 : sizeof word};
        build_segment(&c->bytes[i], &s);
        next[side] += i < 2 ? 1 : sizeof word;
        c->frame[i] = (struct frame){.data = c->bytes[i].data,
                                     .caplen = (uint32_t)c->bytes[i].len,
                                     .len = (uint32_t)c->bytes[i].len,
                                     .ts_us = (int64_t)1000000000 + (int64_t)i * STEP_US,
                                     .number = i + 1,
                                     .linktype = 1};
    }
}

static void sort(struct capture *c)
{
    for (size_t i = 0; i < FRAMES; i++)
        c->by_time[i] = i;
    for (size_t i = 1; i < FRAMES; i++)
        for (size_t j = i; j > 0 && c->frame[c->by_time[j]].ts_us < c->frame[c->by_time[j - 1]].ts_us; j--) {
            size_t swap = c->by_time[j];
            c->by_time[j] = c->by_time[j - 1];
            c->by_time[j - 1] = swap;
        }
}

static void set_back(struct capture *c, size_t from, int64_t by_us)
{
    for (size_t i = from; i < FRAMES; i++)
        c->frame[i].ts_us -= by_us;
}

static void a_clock_set_back_is_known(void **state)
{
    static const int64_t steps[] = {2000000, 5000000, 3600000000};
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (size_t from = 1; from < FRAMES; from++) {
            struct capture c;
            talk(&c);
            set_back(&c, from, steps[i]);
            sort(&c);
            assert_true(clock_was_set_back(c.frame, c.by_time, FRAMES));
            clock_steps_undo(c.frame, FRAMES);
            for (size_t n = 1; n < FRAMES; n++)
                assert_true(c.frame[n].ts_us >= c.frame[n - 1].ts_us);
            assert_int_equal(c.frame[0].ts_us, 1000000000); /* what came before the step keeps its time */
        }
}

/* The second half of a file was written before the first. */
static void frames_out_of_order_are_no_step(void **state)
{
    struct capture c, swapped;
    (void)state;
    talk(&c);
    for (size_t i = 0; i < FRAMES; i++)
        c.frame[i].ts_us = (int64_t)1000000000 + (int64_t)i * 1000000;
    swapped = c;
    for (size_t i = 0; i < FRAMES; i++)
        swapped.frame[i] = c.frame[(i + FRAMES / 2) % FRAMES];
    sort(&swapped);
    assert_false(clock_was_set_back(swapped.frame, swapped.by_time, FRAMES));
}

static void small_disorder_is_no_step(void **state)
{
    struct capture c;
    (void)state;
    talk(&c);
    set_back(&c, 4, STEP_US + 300);
    sort(&c);
    assert_false(clock_was_set_back(c.frame, c.by_time, FRAMES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_set_back_is_known),
        cmocka_unit_test(frames_out_of_order_are_no_step),
        cmocka_unit_test(small_disorder_is_no_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
