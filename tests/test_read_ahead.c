/* A large file read by two threads gives what it gives with one, whatever is in it and wherever its chunks begin. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../tools/bench_flows.h"
#include "run/loop.h"
#include "track/fast/classify.h"
#include "track/fast/read_ahead.h"
#include "track/fast/steady.h"

#define PATH_SIZE 64

enum { FLOWS = 40 };

enum oddity {
    PLAIN,
    SECTION,    /* pcapng: from here on the interface is another one */
    STATISTICS, /* pcapng: a block that holds no packet, amid them */
    OUT_OF_ORDER,
    ODD_RECORD, /* pcap: it claims to be longer on file than on the wire */
    LOOKALIKE,  /* pcap: payloads that look like records, all along */
    DAMAGED,
    CUT
};

struct recipe {
    bool pcapng;
    enum oddity oddity;
    uint64_t seed;
    bool sessions; /* a few long ones of SSH, and little else */
};

static void begin_any(struct flow *flow, struct dice *dice, bool sessions)
{
    if (sessions && dice_below(dice, 4)) {
        flow_begin(flow, FLOW_SSH, 22, 1000 + dice_below(dice, 3000), dice);
        return;
    }
    static const struct {
        enum flow_kind kind;
        uint16_t port;
    } kinds[] = {{FLOW_BULK, 8443}, {FLOW_WEB, 443}, {FLOW_QUIC, 443}, {FLOW_VOICE, 5004},
                 {FLOW_DNS, 53},    {FLOW_PING, 0},  {FLOW_SSH, 22},   {FLOW_SSH, 2200}};
    uint32_t pick = dice_below(dice, sizeof kinds / sizeof *kinds);
    flow_begin(flow, kinds[pick].kind, kinds[pick].port, kinds[pick].kind == FLOW_DNS ? 2 : 25 + dice_below(dice, 60),
               dice);
}

static void add_block(struct capture *capture, const uint32_t *block, size_t size)
{
    if (capture->pcapng)
        put(capture, block, size);
}

/* A frame that holds a capture, as one that is copied over the network would. */
static void add_lookalike(struct capture *capture)
{
    enum { RECORDS = 24, SIZE = 16 + 20 };
    uint8_t frame[14 + RECORDS * SIZE] = {[12] = 0x88, 0xb5}; /* a type for experiments */
    for (int i = 0; i < RECORDS; i++) {
        const uint32_t head[4] = {1700000000, (uint32_t)i, 20, 20};
        memcpy(frame + 14 + i * SIZE, head, sizeof head);
    }
    capture_frame(capture, frame, sizeof frame);
}

static void add_oddity(struct capture *capture, enum oddity oddity)
{
    static const uint32_t section[7] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};
    static const uint32_t interface[5] = {1, 20, 113, 262144, 20};
    static const uint32_t statistics[10] = {5, 40, 0, 0, 0, 7 | 8 << 16, 1, 0, 0, 40};
    static const uint32_t odd[5] = {1700000000, 0, 4, 1, 0}, damaged[8] = {0xffffffff, 0xffffffff, 0xffffffff};
    switch (oddity) {
    case SECTION:
        add_block(capture, section, sizeof section);
        add_block(capture, interface, sizeof interface);
        break;
    case STATISTICS:
        add_block(capture, statistics, sizeof statistics);
        break;
    case OUT_OF_ORDER:
        capture->ts_us -= 3000; /* the next frame or two come too late, no more */
        break;
    case ODD_RECORD:
        if (!capture->pcapng)
            put(capture, odd, sizeof odd);
        break;
    case DAMAGED:
        put(capture, damaged, sizeof damaged);
        break;
    case LOOKALIKE:
    case PLAIN:
    case CUT:
        break;
    }
}

static void make_capture(const char *path, const struct recipe *recipe, uint64_t frames)
{
    struct capture capture = {.out = fopen(path, "wb"), .pcapng = recipe->pcapng, .ts_us = 1700000000000000};
    struct dice dice = {recipe->seed};
    struct flow flows[FLOWS] = {0};
    assert_non_null(capture.out);
    capture_begin(&capture);
    while (capture.frames < frames) {
        struct flow *flow = &flows[dice_below(&dice, recipe->sessions ? FLOWS / 10 : FLOWS)];
        capture.ts_us += dice_below(&dice, 2000);
        if (flow->last == 0)
            begin_any(flow, &dice, recipe->sessions);
        if (!flow_step(flow, &capture, &dice))
            flow->last = 0;
        if (recipe->oddity == LOOKALIKE && dice_below(&dice, 2) == 0)
            add_lookalike(&capture);
        if (capture.frames == frames / 2)
            add_oddity(&capture, recipe->oddity);
    }
    long size = ftell(capture.out);
    fclose(capture.out);
    if (recipe->oddity == CUT)
        assert_int_equal(truncate(path, size - 7), 0);
}

struct output {
    char *text;
    size_t size;
    bool disordered;
};

/* Half of these files are broken, and the program says so each time. Returns what unhush() takes. */
static int hush(void)
{
    const int saved = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(saved >= 0 && nowhere >= 0);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return saved;
}

static void unhush(int saved)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
}

/* As the program would, `chunk_size` 0: without a second thread. */
static struct output output_of(const char *path, size_t chunk_size, bool may_sort)
{
    char program[] = "sshsniff", how[] = "-nr", file[PATH_SIZE], error[SOURCE_ERROR_SIZE];
    char *arguments[] = {program, how, file, NULL};
    struct output output = {0};
    struct options options;
    snprintf(file, sizeof file, "%s", path);
    optind = 0;
    assert_true(options_parse(3, arguments, &options, error));
    FILE *out = open_memstream(&output.text, &output.size);
    struct watch watch = {
        .options = &options,
        .report = report_new(
            &(struct report_options){.format = report_format_named("json"), .out = out, .numeric = true, .verbose = 1}),
        .verdict = calloc(1, sizeof *watch.verdict),
        .cache = calloc(1, sizeof *watch.cache),
        .rate_limit = calloc(1, sizeof *watch.rate_limit),
        .chunk_size = chunk_size,
        .may_sort = may_sort,
    };
    struct source *source = source_open_file(path, NULL, error);
    assert_non_null(source);
    const int saved = hush();
    watch_source(&watch, source, NULL);
    unhush(saved);
    report_summary(watch.report, &watch.totals);
    struct source_stats stats;
    source_stats(source, &stats);
    fprintf(out, "%s\n%lu frames, %lu bytes\n", source_error(source), (unsigned long)stats.frames,
            (unsigned long)stats.bytes_read);
    source_close(source);
    assert_true(report_close(watch.report));
    fclose(out);
    output.disordered = watch.disordered;
    free(watch.verdict);
    free(watch.cache);
    free(watch.rate_limit);
    options_free(&options);
    return output;
}

static void compare(const char *path, size_t chunk_size, bool may_sort)
{
    struct output alone = output_of(path, 0, may_sort), together = output_of(path, chunk_size, may_sort);
    assert_int_equal(together.disordered, alone.disordered);
    if (!alone.disordered)
        assert_string_equal(together.text, alone.text);
    free(alone.text);
    free(together.text);
}

static void a_second_thread_changes_nothing(void **state)
{
    static const struct recipe recipes[] = {{false, PLAIN, 1, false},         {true, PLAIN, 2, false},
                                            {true, SECTION, 3, false},        {true, STATISTICS, 4, false},
                                            {false, ODD_RECORD, 5, false},    {false, LOOKALIKE, 15, false},
                                            {false, DAMAGED, 6, false},       {true, DAMAGED, 7, false},
                                            {false, CUT, 8, false},           {true, CUT, 9, false},
                                            {false, OUT_OF_ORDER, 10, false}, {true, OUT_OF_ORDER, 11, false},
                                            {false, OUT_OF_ORDER, 12, false}, {false, OUT_OF_ORDER, 13, false},
                                            {false, OUT_OF_ORDER, 14, false}, {false, PLAIN, 40, true},
                                            {true, PLAIN, 41, true},          {false, OUT_OF_ORDER, 42, true},
                                            {true, SECTION, 43, true},        {false, DAMAGED, 44, true}};
    static const size_t sizes[] = {20000, 150000};
    char path[PATH_SIZE];
    (void)state;
    snprintf(path, sizeof path, "/tmp/test_read_ahead.%d", (int)getpid());
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        make_capture(path, &recipes[i], recipes[i].sessions ? 12000 : 4000);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            compare(path, sizes[s], false);
            compare(path, sizes[s], true);
        }
    }
    unlink(path);
}

/* Where each of a file's records begins, and the file's end. */
struct places {
    uint64_t at[8192];
    size_t count;
};

static void find_places(const char *path, struct places *out)
{
    char error[SOURCE_ERROR_SIZE];
    struct frame frame;
    struct source *source = source_open_file(path, NULL, error);
    assert_non_null(source);
    out->count = 0;
    do
        out->at[out->count++] = source_offset(source);
    while (source_next(source, &frame) == SOURCE_FRAME && out->count < 8192);
    source_close(source);
}

static void check_guesses(const char *path, const struct places *places)
{
    char error[SOURCE_ERROR_SIZE];
    struct source *source = source_open_file(path, NULL, error);
    size_t next = 0, guessed = 0;
    assert_non_null(source);
    for (uint64_t offset = places->at[0]; offset < places->at[places->count / 2]; offset += 97) {
        while (places->at[next] < offset)
            next++;
        if (source_guess(source, offset)) {
            assert_int_equal(source_offset(source), places->at[next]);
            guessed++;
        }
    }
    assert_true(guessed > 1000);
    source_close(source);
}

/* Here no payload looks like a record; where one does, the guess is wrong and the first thread finds that out. */
static void records_are_found_from_any_place(void **state)
{
    static struct places places;
    char path[PATH_SIZE];
    (void)state;
    snprintf(path, sizeof path, "/tmp/test_read_ahead.%d", (int)getpid());
    for (int pcapng = 0; pcapng < 2; pcapng++) {
        make_capture(path, &(struct recipe){pcapng, PLAIN, 20, false}, 2000);
        find_places(path, &places);
        check_guesses(path, &places);
    }
    unlink(path);
}

static void no_case(void *context, const struct case_file *file)
{
    (void)context;
    (void)file;
}

/* The first thread, without what it reports. */
struct follower {
    struct tracker *tracker;
    struct source *source;
    struct read_ahead *read_ahead;
    size_t found, went_on; /* frames that the other thread found, and those of them that did go on with a session */
};

static void take_next(struct follower *f, const struct chunk *s, size_t i, size_t *steady_frame, size_t *other)
{
    const struct skipped_frame *skipped_frame = &s->skipped_frame[i];
    struct frame frame, again;
    bool taken = false;
    assert_int_equal(source_offset(f->source), s->begins + skipped_frame->place);
    assert_int_equal(source_next(f->source, &frame), SOURCE_FRAME);
    assert_int_equal(frame.ts_us, skipped_frame->ts_us);
    assert_true(read_ahead_reread(f->read_ahead, skipped_frame, &again));
    assert_int_equal(again.caplen, frame.caplen);
    assert_memory_equal(again.data, frame.data, frame.caplen);
    if (skipped_frame->frame_class == CLASS_WHOLE)
        assert_memory_equal(s->other[(*other)++].data, frame.data, frame.caplen);
    else if (skipped_frame->frame_class == CLASS_SKIP)
        taken = classified_skip(f->tracker, skipped_frame);
    else {
        taken = steady_take_classified(f->tracker, skipped_frame, &s->steady_frame[(*steady_frame)++], frame.number);
        f->went_on += taken;
    }
    if (!taken)
        tracker_frames(f->tracker, &frame, 1);
}

static void follow(struct follower *f)
{
    uint64_t until = 0;
    struct frame frame;
    for (;;) {
        const struct chunk *s =
            source_offset(f->source) >= until ? read_ahead_take(f->read_ahead, f->source, &until) : NULL;
        if (s) {
            size_t steady_frame = 0, other = 0;
            assert_int_equal(s->begins, source_offset(f->source));
            for (size_t i = 0; i < s->count; i++)
                take_next(f, s, i, &steady_frame, &other);
            assert_int_equal(s->ends, source_offset(f->source));
            assert_int_equal(s->steady_frames, steady_frame);
            assert_int_equal(s->others, other);
            f->found += s->count;
            read_ahead_give(f->read_ahead);
        } else if (source_next(f->source, &frame) == SOURCE_FRAME)
            tracker_frames(f->tracker, &frame, 1);
        else
            return;
    }
}

static void follow_file(const char *path, size_t chunk_size, struct follower *f)
{
    char error[SOURCE_ERROR_SIZE];
    struct port_set ports;
    assert_true(port_set_parse(&ports, "22"));
    *f = (struct follower){.tracker = tracker_new(&(struct tracker_options){.ports = &ports}, no_case, NULL),
                           .source = source_open_file(path, NULL, error)};
    f->read_ahead = read_ahead_begin(f->source, f->tracker, chunk_size);
    assert_non_null(f->read_ahead);
    follow(f);
    read_ahead_end(f->read_ahead);
    source_close(f->source);
    tracker_free(f->tracker);
}

static void a_chunk_holds_what_is_in_the_file(void **state)
{
    char path[PATH_SIZE];
    struct follower f;
    (void)state;
    snprintf(path, sizeof path, "/tmp/test_read_ahead.%d", (int)getpid());
    for (int pcapng = 0; pcapng < 2; pcapng++) {
        make_capture(path, &(struct recipe){pcapng, PLAIN, 30, false}, 4000);
        follow_file(path, 100000, &f);
        assert_true(f.found > 1000);
        make_capture(path, &(struct recipe){pcapng, PLAIN, 31, true}, 20000);
        follow_file(path, 20000, &f);
        assert_true(f.went_on > 500); /* else the sessions' steady course is not what the other thread hands on */
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_thread_changes_nothing),
        cmocka_unit_test(records_are_found_from_any_place),
        cmocka_unit_test(a_chunk_holds_what_is_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
