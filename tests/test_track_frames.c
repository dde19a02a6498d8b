/* What callers ask of the tracker's door: which frames belong to attempts, packets that are passed over, unknown link
 * types, no more than so many frames, and frames so much out of order that they have to be sorted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <sshsniff/tracker.h>

#include "packets.h"

enum { FRAMES = 8, LINKTYPE_USB = 189, SECOND_US = 1000000, SSH = 22, WEB = 80 };

struct seen {
    size_t cases, belonging, asked;
    int linktype;
    uint64_t last_belonging; /* frame number */
    uint16_t unwanted_port;
};

static void on_case(void *context, const struct case_file *file)
{
    struct seen *seen = context;
    (void)file;
    seen->cases++;
}

static void on_belongs(void *context, const struct frame *frame)
{
    struct seen *seen = context;
    seen->belonging++;
    seen->last_belonging = frame->number;
}

static bool is_wanted(void *context, const struct frame *frame, const struct packet *packet)
{
    struct seen *seen = context;
    assert_non_null(frame->data);
    seen->asked++;
    return packet->kind != PACKET_TCP || packet->tcp.src_port != seen->unwanted_port;
}

static void on_linktype(void *context, int linktype)
{
    struct seen *seen = context;
    seen->linktype = linktype;
}

static struct tracker *open_tracker(struct tracker_options options, struct seen *seen)
{
    static struct port_set ports;
    assert_true(port_set_parse(&ports, "22"));
    options.ports = &ports;
    struct tracker *tracker = tracker_new(&options, on_case, seen);
    assert_non_null(tracker);
    return tracker;
}

/* SYNs of different clients' ports, one a second, each frame with bytes of its own. */
struct capture {
    struct frame_bytes bytes[FRAMES];
    struct frame frame[FRAMES];
};

static void put_syn(struct capture *c, size_t i, uint16_t src_port, uint16_t dst_port)
{
    const struct segment syn = {.from = PERSON_CLIENT,
                                .to = PERSON_SERVER,
                                .ttl = 64,
                                .src_port = src_port,
                                .dst_port = dst_port,
                                .seq = 1000,
                                .flags = TCP_SYN,
                                .window = 64240,
                                .mss = true};
    build_segment(&c->bytes[i], &syn);
    c->frame[i] = (struct frame){.data = c->bytes[i].data,
                                 .caplen = (uint32_t)c->bytes[i].len,
                                 .len = (uint32_t)c->bytes[i].len,
                                 .ts_us = INT64_C(1764000000000000) + (int64_t)i * SECOND_US,
                                 .number = i + 1,
                                 .linktype = LINKTYPE_ETHERNET};
}

static void put_syns(struct capture *c)
{
    for (size_t i = 0; i < FRAMES; i++)
        put_syn(c, i, (uint16_t)(40000 + i), SSH);
}

static size_t cases_after_all(struct tracker *tracker, const struct seen *seen)
{
    tracker_finish(tracker, false);
    tracker_free(tracker);
    return seen->cases;
}

static void frames_of_attempts_belong(void **state)
{
    static struct capture c;
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        struct seen seen = {0};
        put_syns(&c);
        put_syn(&c, FRAMES - 1, 50000, WEB);
        struct tracker *tracker =
            open_tracker((struct tracker_options){.belongs = on_belongs, .decode_all = whole}, &seen);
        assert_int_equal(tracker_frames(tracker, c.frame, FRAMES), TRACKER_GOES_ON);
        assert_int_equal(seen.belonging, FRAMES - 1);
        assert_int_equal(seen.last_belonging, FRAMES - 1);
        assert_int_equal(cases_after_all(tracker, &seen), FRAMES - 1);
    }
}

static void unwanted_packets_were_never_there(void **state)
{
    static struct capture c;
    struct seen seen = {.unwanted_port = 40003};
    struct tracker_stats stats;
    (void)state;
    put_syns(&c);
    struct tracker *tracker = open_tracker((struct tracker_options){.wanted = is_wanted, .belongs = on_belongs}, &seen);
    assert_int_equal(tracker_frames(tracker, c.frame, FRAMES), TRACKER_GOES_ON);
    tracker_stats(tracker, &stats);
    assert_int_equal(seen.asked, FRAMES);
    assert_int_equal(stats.decoded, FRAMES); /* whoever asks is shown each packet */
    assert_int_equal(seen.belonging, FRAMES - 1);
    assert_int_equal(cases_after_all(tracker, &seen), FRAMES - 1);
}

static void unknown_link_types_are_said(void **state)
{
    static struct capture c;
    struct seen seen = {.linktype = -1};
    struct tracker_stats stats;
    (void)state;
    put_syns(&c);
    struct tracker *tracker = open_tracker((struct tracker_options){.unknown_linktype = on_linktype}, &seen);
    tracker_frames(tracker, c.frame, 1);
    assert_int_equal(seen.linktype, -1);
    c.frame[1].linktype = LINKTYPE_USB;
    c.frame[2].caplen = 20; /* cut within the IP header */
    tracker_frames(tracker, c.frame + 1, 2);
    tracker_stats(tracker, &stats);
    assert_int_equal(seen.linktype, LINKTYPE_USB);
    assert_int_equal(stats.undecodable, 2);
    assert_int_equal(cases_after_all(tracker, &seen), 1);
}

static void no_more_frames_than_asked_for(void **state)
{
    static struct capture c;
    struct seen seen = {0};
    (void)state;
    put_syns(&c);
    struct tracker *tracker = open_tracker((struct tracker_options){.most_frames = 5}, &seen);
    assert_int_equal(tracker_frames(tracker, c.frame, 3), TRACKER_GOES_ON);
    assert_int_equal(tracker_frames(tracker, c.frame + 3, FRAMES - 3), TRACKER_END);
    assert_int_equal(tracker_frames(tracker, c.frame + 5, 1), TRACKER_END);
    assert_int_equal(cases_after_all(tracker, &seen), 5);
}

static enum tracker_result take_late_by(int64_t late_us, int64_t max_disorder_us)
{
    static struct capture c;
    struct seen seen = {0};
    put_syns(&c);
    c.frame[5].ts_us = c.frame[4].ts_us - late_us;
    struct tracker *tracker = open_tracker((struct tracker_options){.max_disorder_us = max_disorder_us}, &seen);
    const enum tracker_result result = tracker_frames(tracker, c.frame, FRAMES);
    tracker_free(tracker);
    return result;
}

static void disorder_ends_it(void **state)
{
    (void)state;
    assert_int_equal(take_late_by(1001, 1000), TRACKER_DISORDER);
    assert_int_equal(take_late_by(1000, 1000), TRACKER_GOES_ON);
    assert_int_equal(take_late_by(1001, 0), TRACKER_GOES_ON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_attempts_belong),
        cmocka_unit_test(unwanted_packets_were_never_there),
        cmocka_unit_test(unknown_link_types_are_said),
        cmocka_unit_test(no_more_frames_than_asked_for),
        cmocka_unit_test(disorder_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
