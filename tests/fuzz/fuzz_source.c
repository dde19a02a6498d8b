/* libFuzzer harness for the whole way from a file's bytes to JSON lines and text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct room {
    struct output json_output, text_output;
    struct report *json, *text;
    struct verdict verdict;
};

/* Bytes that the thread which reads ahead takes at a time: so few that small files have several of them. */
enum { CHUNK = 600 };

static void on_case(void *context, const struct case_file *file)
{
    struct room *room = context;
    diagnose(file, &room->verdict);
    if (room->verdict.confidence < 0 || room->verdict.confidence > 0.995)
        abort();
    report_verdict(room->json, file, &room->verdict, "fuzz");
    report_verdict(room->text, file, &room->verdict, "fuzz");
}

static void on_host(void *context, const struct host *host)
{
    struct room *room = context;
    report_host(room->json, host, "fuzz");
    report_host(room->text, host, "fuzz");
}

static void read_all(struct source *source, struct room *room, size_t chunk_size)
{
    static struct port_set ports;
    port_set_parse(&ports, "22,2222");
    struct tracker *tracker = tracker_new(
        &(struct tracker_options){.ports = &ports, .max_attempts = 64, .chunk_size = chunk_size}, on_case, room);
    if (!tracker)
        abort();
    while (tracker_read(tracker, source) == TRACKER_GOES_ON)
        ;
    tracker_finish(tracker, source_error(source)[0] != '\0');
    tracker_hosts(tracker, on_host, room);
    tracker_free(tracker);
}

/* Whatever seems to be a record in the middle of the file: its frame is the same when its place is read again. */
static void jump_about(const struct source *source, size_t size)
{
    enum { PLACES = 5, FRAMES = 20 };
    struct frame frame, same;
    struct source *again = source_open_again(source), *aside = source_open_again(source);
    for (size_t i = 0; again && aside && i < PLACES; i++) {
        if (!source_guess(again, i * size / PLACES))
            continue;
        for (int n = 0; n < FRAMES && source_next(again, &frame) == SOURCE_FRAME; n++)
            if (!source_reread(aside, source_offset_of(again, &frame), &same) || same.caplen != frame.caplen ||
                same.ts_us != frame.ts_us || memcmp(same.data, frame.data, frame.caplen) != 0)
                abort();
    }
    source_close(again);
    source_close(aside);
}

static struct report *report_in(const char *format, struct output *output)
{
    struct report *report = report_new(&(struct report_options){
        .format = report_format_named(format), .out = output_open(output), .numeric = true, .verbose = 1});
    if (!report)
        abort();
    return report;
}

/* The file at `path`, read and reported. False where it cannot be opened. */
static bool read_path(const char *path, size_t size, size_t chunk_size, struct room *room)
{
    char error[SOURCE_ERROR_SIZE];
    struct source *source = source_open_file(path, NULL, error);
    if (!source)
        return false;
    room->json = report_in("json", &room->json_output);
    room->text = report_in("text", &room->text_output);
    if (source_can_jump(source) && chunk_size == 0)
        jump_about(source, size);
    read_all(source, room, chunk_size);
    report_summary(room->json, &(struct report_totals){0});
    report_summary(room->text, &(struct report_totals){0});
    report_close(room->json);
    report_close(room->text);
    source_close(source);
    fflush(room->json_output.file);
    return true;
}

static void end(struct room *room)
{
    output_check(&room->json_output, true);
    output_check(&room->text_output, false);
}

/* Read by one thread and by two, a file gives the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[32];
    struct room one = {0}, two = {0};
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    if (!read_path(path, size, 0, &one))
        return 0;
    if (!read_path(path, size, CHUNK, &two) || one.json_output.size != two.json_output.size ||
        memcmp(one.json_output.text, two.json_output.text, one.json_output.size) != 0)
        abort();
    end(&one);
    end(&two);
    return 0;
}
