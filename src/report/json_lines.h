/* The objects of the JSON contract, one a line. Each call appends a whole line to `line`, its newline
 * included. */
#ifndef REPORT_JSON_LINES_H
#define REPORT_JSON_LINES_H

#include <sshsniff/report.h>

#include "buffer.h"
#include "tally.h"

void json_attempt(struct buffer *line, const struct case_file *file, const struct verdict *verdict, const char *source);
/* What the lines of attempts that are alike have in common. False where this one's line says more of it than a summary
 * does. */
bool json_template(const struct case_file *file, const struct verdict *verdict, const char *source,
                   struct line_template *out);
/* The same line as json_attempt's, from what those alike have in common and from what this one differs in. */
void json_from_template(struct buffer *line, const struct line_template *template,
                        const struct attempt_summary *summary);
void json_group(struct buffer *line, const struct attempt_group *group, const char *source);
void json_pulse(struct buffer *line, const struct report_pulse *pulse, const char *source);
void json_host(struct buffer *line, const struct host *host, const char *source);
void json_probe(struct buffer *line, const struct probe_outcome *outcome);
void json_summary(struct buffer *line, const struct tally *tally, const struct report_totals *totals);

/* The part of an attempt that this machine itself says; nothing where it was not asked. */
void json_local(struct buffer *line, const struct case_file *file);

/* The part of an attempt that got as far as the version strings. */
void json_ssh(struct buffer *line, const struct ssh_report *ssh);

#endif
