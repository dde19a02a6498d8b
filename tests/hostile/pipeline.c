#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_valid.h"
#include "report/ladder.h"

unsigned long failures;

/* A verdict is a screenful, and so is a host; more means that something hostile reaches the output unbounded. */
enum { LONGEST_LINE = 32768, SHOWN = 20 };

void failed(const char *what, const char *how)
{
    if (failures++ < SHOWN)
        fprintf(stderr, "hostile: FAILED: %s: %s\n", what, how);
}

/* Not written: the way without outlines would say otherwise. */
static void draw(const struct case_file *file, const struct verdict *verdict)
{
    static struct ladder ladder;
    struct buffer words = {0};
    if (!ladder_make(file, verdict, &ladder))
        return;
    for (size_t i = 0; i < ladder.lines; i++)
        ladder_words(file, &ladder.line[i], &words);
    buffer_free(&words);
}

static void on_case(void *context, const struct case_file *file)
{
    struct way *way = context;
    struct pipeline *p = way->pipeline;
    diagnose(file, &way->verdict);
    if (file->trail) {
        draw(file, &way->verdict);
        struct case_file without = *file;
        without.trail = NULL;
        report_verdict(way->report, &without, &way->verdict, "hostile.pcap");
        return;
    }
    report_verdict(way->report, file, &way->verdict, "hostile.pcap");
    if (way == &p->usual && p->given_count < VERDICTS)
        p->given[p->given_count++] =
            (struct given){file->attempt->key, way->verdict.cause, way->verdict.confidence,
                           way->verdict.evidence_count > 0 ? way->verdict.evidence[0].id : NULL};
}

static void on_host(void *context, const struct host *host)
{
    struct way *way = context;
    report_host(way->report, host, "hostile.pcap");
}

static void must(bool good)
{
    if (!good) {
        fprintf(stderr, "hostile: out of memory\n");
        exit(2);
    }
}

static struct port_set ports;

static void way_open(struct way *way, struct pipeline *p, const char *format, bool decode_all)
{
    way->pipeline = p;
    way->out = open_memstream(&way->text, &way->text_size);
    must(way->out != NULL);
    struct report_options options = {
        .format = report_format_named(format), .out = way->out, .numeric = true, .verbose = 1};
    way->report = report_new(&options);
    way->tracker = tracker_new(
        &(struct tracker_options){.ports = &ports, .decode_all = decode_all, .trails = decode_all}, on_case, way);
    must(way->report != NULL && way->tracker != NULL);
}

void pipeline_open_usual(struct pipeline *p, const char *format)
{
    memset(p, 0, sizeof *p);
    must(port_set_parse(&ports, "22,222,2222,8022,22022"));
    way_open(&p->usual, p, format, false);
}

void pipeline_open(struct pipeline *p, const char *format)
{
    pipeline_open_usual(p, format);
    way_open(&p->whole, p, format, true);
}

void pipeline_frame(struct pipeline *p, const struct frame *frame)
{
    p->frames++;
    tracker_frames(p->usual.tracker, frame, 1);
    if (p->whole.tracker != NULL)
        tracker_frames(p->whole.tracker, frame, 1);
}

static void check_lines(const struct way *p, const char *what)
{
    const char *line = p->text, *end = p->text + p->text_size;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        if (newline == NULL) {
            failed(what, "the output ends in mid-line");
            return;
        }
        if (newline - line > LONGEST_LINE)
            failed(what, "a line of output has no bound");
        if (!json_object_valid(line, (size_t)(newline - line))) {
            failed(what, "a line of output is no JSON");
            fprintf(stderr, "    %.*s\n", (int)(newline - line > 600 ? 600 : newline - line), line);
        }
        line = newline + 1;
    }
}

/* Text for a terminal must not carry what somebody sent to it (escape sequences). */
static void check_printable(const struct way *p, const char *what)
{
    for (size_t i = 0; i < p->text_size; i++)
        if (((unsigned char)p->text[i] < 0x20 && p->text[i] != '\n') || p->text[i] == 0x7f) {
            failed(what, "a control character in the text");
            return;
        }
}

static void way_end(struct way *way, bool broken, const char *what)
{
    tracker_finish(way->tracker, broken);
    tracker_hosts(way->tracker, on_host, way);
    report_summary(way->report, &(struct report_totals){.frames = way->pipeline->frames});
    if (!report_close(way->report))
        failed(what, "report_close says that writing failed");
    fclose(way->out);
}

static void way_free(struct way *way)
{
    free(way->text);
    tracker_free(way->tracker);
}

static void compare_ways(struct pipeline *p, bool broken, const char *what)
{
    way_end(&p->whole, broken, what);
    if (p->usual.text_size != p->whole.text_size || memcmp(p->usual.text, p->whole.text, p->usual.text_size) != 0)
        failed(what, "a quick parse says otherwise than the whole frame");
    way_free(&p->whole);
}

void pipeline_close(struct pipeline *p, bool broken, const char *what)
{
    way_end(&p->usual, broken, what);
    tracker_stats(p->usual.tracker, &p->stats);
    if (p->whole.tracker != NULL)
        compare_ways(p, broken, what);
    if (p->usual.text_size > 0 && p->usual.text[0] == '{')
        check_lines(&p->usual, what);
    else
        check_printable(&p->usual, what);
    way_free(&p->usual);
}

struct reading pipeline_file(struct pipeline *p, const char *path, const char *what)
{
    char error[SOURCE_ERROR_SIZE] = "";
    struct reading reading = {0};
    struct source *source = source_open_file(path, NULL, error);
    struct frame frame;
    if (source == NULL) {
        if (error[0] == '\0' || strchr(error, '\n') != NULL)
            failed(what, "an error that is not one line");
        return reading;
    }
    reading.opened = true;
    enum source_result result;
    while ((result = source_next(source, &frame)) == SOURCE_FRAME) {
        reading.frames++;
        if (p != NULL)
            pipeline_frame(p, &frame);
    }
    reading.broken = result == SOURCE_ERROR;
    if (reading.broken && source_error(source)[0] == '\0')
        failed(what, "broken, and no word of it");
    source_close(source);
    return reading;
}
