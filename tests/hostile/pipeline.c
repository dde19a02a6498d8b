#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_valid.h"

unsigned long failures;

/* A verdict is a screenful, and so is a host; more means that something hostile reaches the output unbounded. */
enum { LONGEST_LINE = 32768, SHOWN = 20 };

void failed(const char *what, const char *how)
{
    if (failures++ < SHOWN)
        fprintf(stderr, "hostile: FAILED: %s: %s\n", what, how);
}

static void on_case(void *context, const struct case_file *file)
{
    struct pipeline *p = context;
    diagnose(file, &p->verdict);
    report_verdict(p->report, file, &p->verdict, "hostile.pcap");
    if (p->told_count < VERDICTS)
        p->told[p->told_count++] = (struct told){file->attempt->key, p->verdict.cause, p->verdict.confidence};
}

static void on_host(void *context, const struct host *host)
{
    struct pipeline *p = context;
    report_host(p->report, host, "hostile.pcap");
}

static void must(bool good)
{
    if (!good) {
        fprintf(stderr, "hostile: out of memory\n");
        exit(2);
    }
}

void pipeline_open(struct pipeline *p, enum report_format format)
{
    static struct port_set ports;
    memset(p, 0, sizeof *p);
    must(port_set_parse(&ports, "22,222,2222,8022,22022"));
    p->out = open_memstream(&p->text, &p->text_size);
    must(p->out != NULL);
    struct report_options options = {.format = format, .out = p->out, .numeric = true, .verbose = 1};
    p->report = report_new(&options);
    p->decoder = decoder_new();
    p->tracker = tracker_new(&(struct tracker_options){.ports = &ports}, on_case, p);
    must(p->report != NULL && p->decoder != NULL && p->tracker != NULL);
}

void pipeline_frame(struct pipeline *p, const struct frame *frame)
{
    struct packet packet;
    p->frames++;
    if (decode_frame(p->decoder, frame, &packet) != DECODE_UNKNOWN_LINKTYPE)
        tracker_packet(p->tracker, &packet);
}

static void check_lines(struct pipeline *p, const char *what)
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

/* Text for a terminal must not carry what a stranger sent to it (escape sequences). */
static void check_printable(struct pipeline *p, const char *what)
{
    for (size_t i = 0; i < p->text_size; i++)
        if (((unsigned char)p->text[i] < 0x20 && p->text[i] != '\n') || p->text[i] == 0x7f) {
            failed(what, "a control character in the text");
            return;
        }
}

void pipeline_close(struct pipeline *p, bool broken, const char *what)
{
    tracker_finish(p->tracker, broken);
    tracker_stats(p->tracker, &p->stats);
    tracker_hosts(p->tracker, on_host, p);
    report_summary(p->report, &(struct report_totals){.frames = p->frames});
    if (!report_close(p->report))
        failed(what, "report_close says that writing failed");
    fclose(p->out);
    if (p->text_size > 0 && p->text[0] == '{')
        check_lines(p, what);
    else
        check_printable(p, what);
    free(p->text);
    tracker_free(p->tracker);
    decoder_free(p->decoder);
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
