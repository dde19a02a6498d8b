/* One reader's view of all verdicts: hands each to the format asked for and keeps the counts. */
#include <stdlib.h>

#include <sshsniff/report.h>

#include "json_lines.h"
#include "text_verdict.h"

#define HOSTS_FILE "/etc/hosts"
/* Host lines are for the second -v: a page of them would bury the verdicts. */
#define VERBOSE_HOSTS 2

struct report {
    struct report_options options;
    struct buffer line; /* reused: no allocation from line to line */
    struct text_context text;
    struct names *names;
    struct tally tally;
    bool failed;
};

struct report *report_new(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL)
        return NULL;
    report->options = *options;
    report->tally.without_hosts = options->format == REPORT_JSON; /* its host lines say more */
    if (options->format == REPORT_TEXT && !options->numeric)
        report->names = names_read(HOSTS_FILE);
    report->text = (struct text_context){
        .writer = {.out = &report->line, .colour = options->colour},
        .names = report->names,
        .verbose = options->verbose,
    };
    return report;
}

static void write_line(struct report *report)
{
    const struct buffer *line = &report->line;
    if (line->failed || fwrite(line->data, 1, line->length, report->options.out) != line->length)
        report->failed = true;
    else if (report->options.flush && fflush(report->options.out) != 0)
        report->failed = true;
    report->line.length = 0;
    report->line.failed = false;
}

void report_count(struct report *report, const struct address *server, enum cause cause)
{
    tally_add(&report->tally, server, cause);
}

void report_verdict(struct report *report, const struct case_file *file, const struct verdict *verdict,
                    const char *source)
{
    report_count(report, &file->attempt->key.server, verdict->cause);
    if (report->options.quiet)
        return;
    if (report->options.format == REPORT_JSON)
        json_attempt(&report->line, file, verdict, source);
    else
        text_verdict(&report->text, file, verdict);
    write_line(report);
}

void report_from_template(struct report *report, const struct template *template, const struct attempt_summary *summary,
                          enum cause cause)
{
    report_count(report, &summary->key.server, cause);
    json_from_template(&report->line, template, summary);
    write_line(report);
}

void report_group(struct report *report, const struct attempt_group *attempt_group, const char *source)
{
    if (report->options.quiet)
        return;
    if (report->options.format == REPORT_JSON)
        json_group(&report->line, attempt_group, source);
    else
        text_group(&report->text, attempt_group);
    write_line(report);
}

void report_flush(struct report *report)
{
    if (fflush(report->options.out) != 0)
        report->failed = true;
}

void report_host(struct report *report, const struct host *host, const char *source)
{
    if (report->options.quiet || (report->options.format == REPORT_TEXT && report->options.verbose < VERBOSE_HOSTS))
        return;
    if (report->options.format == REPORT_JSON)
        json_host(&report->line, host, source);
    else
        text_host(&report->text, host);
    write_line(report);
}

void report_summary(struct report *report, const struct report_totals *totals)
{
    if (report->options.format == REPORT_JSON)
        json_summary(&report->line, &report->tally, totals);
    else
        text_summary(&report->text, &report->tally, totals);
    write_line(report);
}

uint64_t report_failures(const struct report *report)
{
    return report->tally.failures;
}

bool report_close(struct report *report)
{
    bool good = fflush(report->options.out) == 0 && !ferror(report->options.out) && !report->failed;
    buffer_free(&report->line);
    names_free(report->names);
    free(report);
    return good;
}
