/* One reader's view of all verdicts: hands each to the format asked for and keeps the counts. */
#include <errno.h>
#include <stdlib.h>

#include "base/keyed_hash.h"
#include "format.h"
#include "page.h"
#include "probe_outcome.h"

#define HOSTS_FILE  "/etc/hosts"
#define FLUSH_AFTER ((size_t)32 << 10) /* bytes: less than any buffer that standard output is given */

struct report {
    struct report_options options;
    const struct report_format *format;
    struct buffer line; /* reused: no allocation from line to line */
    struct format_output output;
    struct names *names;
    struct tally tally;
    bool begun, failed, complete;
    int why;                    /* it failed: an errno, 0: not known */
    uint64_t verdicts, written; /* handed to the stream; out of it */
    size_t waiting;             /* bytes in the stream, at most */
};

struct report *report_new(const struct report_options *options)
{
    const struct report_format *format = options->format != NULL ? options->format : report_format_at(0);
    struct report *report = calloc(1, sizeof *report);
    void *state = calloc(1, format->state_size > 0 ? format->state_size : 1);
    if (report == NULL || state == NULL) {
        free(report);
        free(state);
        return NULL;
    }
    report->options = *options;
    report->format = format;
    report->begun = options->part;
    report->tally.without_hosts = !format->counts_hosts && !options->page;
    hash_key_draw(&report->tally.servers.hitters.hash_key);
    hash_key_draw(&report->tally.clients.hitters.hash_key);
    if (format->names && !options->numeric)
        report->names = names_read(HOSTS_FILE);
    report->output = (struct format_output){
        .line = &report->line,
        .names = report->names,
        .colour = format->colour && options->colour,
        .verbose = options->verbose,
        .width = options->width,
        .time_style = options->time_style,
        .names_sources = options->names_sources,
        .brief = options->brief,
        .state = state,
    };
    return report;
}

/* The first failure tells why; those after it tell less. */
static void fail(struct report *report, int why)
{
    if (!report->failed)
        report->why = why;
    report->failed = true;
}

/* How many verdicts are written is known where a line was the last one: so the stream is not left to choose. */
static void flush(struct report *report)
{
    if (fflush(report->options.out) != 0)
        fail(report, errno);
    else if (!report->failed)
        report->written = report->verdicts;
    report->waiting = 0;
}

static void write_line(struct report *report)
{
    const struct buffer *line = &report->line;
    if (line->length == 0 && !line->failed)
        return;
    if (report->waiting + line->length > FLUSH_AFTER)
        flush(report);
    report->waiting += line->length;
    if (report->options.before_write != NULL)
        report->options.before_write(report->options.before_context);
    errno = 0;
    if (line->failed || fwrite(line->data, 1, line->length, report->options.out) != line->length)
        fail(report, line->failed ? ENOMEM : errno);
    else if (report->options.flush)
        flush(report);
    report->line.length = 0;
    report->line.failed = false;
}

/* The line of a verdict has gone to the stream. */
static void count_verdict(struct report *report)
{
    report->verdicts += !report->failed;
    if (report->options.flush)
        flush(report);
}

/* Not before there is something to write: an error while opening the source is then all that is seen. */
static void begin(struct report *report)
{
    if (report->begun)
        return;
    report->begun = true;
    if (report->format->begin == NULL)
        return;
    report->format->begin(&report->output);
    write_line(report);
}

void report_to_page(struct report *report, const struct case_file *file, const struct verdict *verdict,
                    const char *source)
{
    if (report->options.page != NULL)
        page_attempt(report->options.page, file, verdict, source);
}

void report_count_soon(const struct report *report, const struct flow_key *key)
{
    hitters_prefetch(&report->tally.servers.hitters, &key->server);
    hitters_prefetch(&report->tally.clients.hitters, &key->client);
}

void report_count(struct report *report, const struct flow_key *key, enum cause cause)
{
    tally_add(&report->tally, key, cause);
}

void report_verdict(struct report *report, const struct case_file *file, const struct verdict *verdict,
                    const char *source)
{
    report_count(report, &file->attempt->key, verdict->cause);
    if (report->options.quiet)
        return;
    begin(report);
    report->format->attempt(&report->output, file, verdict, source);
    write_line(report);
    count_verdict(report);
}

bool report_has_templates(const struct report *report)
{
    return report->format->make_template != NULL && !report->options.quiet;
}

bool report_template(const struct report *report, const struct case_file *file, const struct verdict *verdict,
                     const char *source, struct line_template *out)
{
    return report_has_templates(report) && report->format->make_template(file, verdict, source, out);
}

void report_from_template(struct report *report, const struct line_template *template,
                          const struct attempt_summary *summary, enum cause cause)
{
    report_count(report, &summary->key, cause);
    begin(report);
    report->format->from_template(&report->output, template, summary);
    write_line(report);
    count_verdict(report);
}

void report_group(struct report *report, const struct attempt_group *group, const char *source)
{
    if (report->options.quiet || report->format->group == NULL)
        return;
    begin(report);
    report->format->group(&report->output, group, source);
    write_line(report);
}

bool report_wants_trails(const struct report *report)
{
    const unsigned from = report->format->trails_verbosity;
    const bool shown = from > 0 && report->options.verbose >= from && !report->options.quiet;
    return (shown && !report->options.brief) || report->options.page != NULL;
}

bool report_folds(const struct report *report)
{
    return report->format->fold != NULL && !report->options.quiet && report->options.verbose == 0 &&
           !report->options.brief;
}

void report_fold(struct report *report, const struct folded_attempts *folded)
{
    begin(report);
    report->format->fold(&report->output, folded);
    write_line(report);
}

void report_pulse(struct report *report, const struct report_pulse *pulse, const char *source)
{
    if (report->options.quiet || report->format->pulse == NULL)
        return;
    struct report_pulse whole = *pulse;
    whole.attempts = report->tally.attempts;
    whole.failures = report->tally.failures;
    begin(report);
    report->format->pulse(&report->output, &whole, source);
    write_line(report);
    report_flush(report);
}

void report_note(struct report *report, const char *text)
{
    if (report->options.quiet || report->format->note == NULL)
        return;
    begin(report);
    report->format->note(&report->output, text);
    write_line(report);
}

void report_flush(struct report *report)
{
    flush(report);
}

void report_host(struct report *report, const struct host *host, const char *source)
{
    const struct report_format *format = report->format;
    if (report->options.quiet || format->host == NULL || report->options.verbose < format->hosts_verbosity)
        return;
    begin(report);
    format->host(&report->output, host, source);
    write_line(report);
}

void report_probe(struct report *report, const struct probe_outcome *outcome)
{
    struct verdict verdict;
    begin(report);
    if (report->format->probe != NULL)
        report->format->probe(&report->output, outcome);
    else {
        probe_outcome_verdict(outcome, &verdict);
        report->format->attempt(&report->output, outcome->file, &verdict, outcome->interface);
    }
    write_line(report);
}

void report_finish_page(struct report *report, const struct report_totals *totals)
{
    if (report->options.page != NULL)
        page_finish(report->options.page, &report->tally, totals);
}

void report_summary(struct report *report, const struct report_totals *totals)
{
    begin(report);
    report_finish_page(report, totals);
    if (report->format->summary == NULL)
        return;
    report->format->summary(&report->output, &report->tally, totals);
    write_line(report);
}

uint64_t report_failures(const struct report *report)
{
    return report->tally.failures;
}

void report_counts(const struct report *report, struct report_counts *out)
{
    out->attempts = report->tally.attempts;
    out->failures = report->tally.failures;
    memcpy(out->causes, report->tally.causes, sizeof out->causes);
}

static void end(struct report *report)
{
    if (!report->begun || report->options.part || report->format->end == NULL)
        return;
    report->format->end(&report->output);
    write_line(report);
}

bool report_complete(struct report *report)
{
    if (!report->complete)
        end(report);
    report->complete = true;
    flush(report);
    return !ferror(report->options.out) && !report->failed;
}

int report_why(const struct report *report)
{
    return report->why;
}

uint64_t report_written(const struct report *report)
{
    return report->written;
}

bool report_close(struct report *report)
{
    bool good = report_complete(report);
    buffer_free(&report->line);
    names_free(report->names);
    free(report->output.state);
    free(report);
    return good;
}
