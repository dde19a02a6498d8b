/* The objects of the JSON contract, one a line. Each call leaves a whole line in `line`, its newline included. */
#ifndef REPORT_JSON_LINES_H
#define REPORT_JSON_LINES_H

#include <sshsniff/report.h>

#include "buffer.h"
#include "tally.h"

void json_attempt(struct buffer *line, const struct case_file *file, const struct verdict *verdict, const char *source);
/* The same line, from what those alike have in common and from what this one differs in. */
void json_from_template(struct buffer *line, const struct template *template, const struct attempt_summary *summary);
void json_host(struct buffer *line, const struct host *host, const char *source);
void json_group(struct buffer *line, const struct attempt_group *attempt_group, const char *source);
void json_summary(struct buffer *line, const struct tally *tally, const struct report_totals *totals);

/* The part of an attempt that got as far as the version strings. */
void json_ssh(struct buffer *line, const struct ssh_report *ssh);

#endif
