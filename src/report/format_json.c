/* JSON lines: one object a line, the contract with other programs. */
#include "format.h"
#include "json_lines.h"

static void attempt(struct format_output *out, const struct case_file *file, const struct verdict *verdict,
                    const char *source)
{
    json_attempt(out->line, file, verdict, source);
}

static void group(struct format_output *out, const struct attempt_group *alike, const char *source)
{
    json_group(out->line, alike, source);
}

static void pulse(struct format_output *out, const struct report_pulse *now, const char *source)
{
    json_pulse(out->line, now, source);
}

static void host(struct format_output *out, const struct host *learned, const char *source)
{
    json_host(out->line, learned, source);
}

static void summary(struct format_output *out, const struct tally *tally, const struct report_totals *totals)
{
    json_summary(out->line, tally, totals);
}

static void probe(struct format_output *out, const struct probe_outcome *outcome)
{
    json_probe(out->line, outcome);
}

static void from_template(struct format_output *out, const struct line_template *template,
                          const struct attempt_summary *attempt_summary)
{
    json_from_template(out->line, template, attempt_summary);
}

const struct report_format format_json = {
    .name = "json",
    .help = "one JSON object a line, for programs",
    .counts_hosts = true,
    .attempt = attempt,
    .group = group,
    .pulse = pulse,
    .host = host,
    .summary = summary,
    .probe = probe,
    .make_template = json_template,
    .from_template = from_template,
};
