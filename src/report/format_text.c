/* Text for a person at a terminal. */
#include "format.h"
#include "text_verdict.h"

/* A page of host lines would bury the verdicts: they are for the second -v. */
#define VERBOSE_HOSTS 2
#define NOTE_MARGIN   2

static struct text_context *context_of(struct format_output *out)
{
    struct text_context *context = out->state;
    context->writer = (struct text_writer){.out = out->line, .colour = out->colour, .width = out->width};
    context->names = out->names;
    context->verbose = out->verbose;
    context->time_style = out->time_style;
    context->names_sources = out->names_sources;
    return context;
}

static void attempt(struct format_output *out, const struct case_file *file, const struct verdict *verdict,
                    const char *source)
{
    if (out->brief)
        text_brief(context_of(out), file, verdict, source);
    else
        text_verdict(context_of(out), file, verdict, source);
}

static void group(struct format_output *out, const struct attempt_group *alike, const char *source)
{
    text_group(context_of(out), alike, source);
}

static void fold(struct format_output *out, const struct folded_attempts *folded)
{
    text_fold(context_of(out), folded);
}

static void note(struct format_output *out, const char *text)
{
    text_wrapped(&context_of(out)->writer, text, NOTE_MARGIN);
}

static void host(struct format_output *out, const struct host *learned, const char *source)
{
    (void)source;
    text_host(context_of(out), learned);
}

static void summary(struct format_output *out, const struct tally *tally, const struct report_totals *totals)
{
    text_summary(context_of(out), tally, totals);
}

static void probe(struct format_output *out, const struct probe_outcome *outcome)
{
    text_probe(context_of(out), outcome);
}

const struct report_format format_text = {
    .name = "text",
    .help = "for a person: each verdict with its evidence and what to try (the default)",
    .colour = true,
    .names = true,
    .greets = true,
    .counts_hosts = true,
    .hosts_verbosity = VERBOSE_HOSTS,
    .trails_verbosity = 1,
    .state_size = sizeof(struct text_context),
    .attempt = attempt,
    .group = group,
    .fold = fold,
    .note = note,
    .host = host,
    .summary = summary,
    .probe = probe,
};
