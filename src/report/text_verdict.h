/* A verdict, a group of attempts, a host, a probe and the summary for a person. Each call appends to the writer's
 * buffer. */
#ifndef REPORT_TEXT_VERDICT_H
#define REPORT_TEXT_VERDICT_H

#include <sshsniff/report.h>

#include "tally.h"
#include "text_context.h"

void text_verdict(struct text_context *context, const struct case_file *file, const struct verdict *verdict,
                  const char *source);
/* The same in one line. */
void text_brief(struct text_context *context, const struct case_file *file, const struct verdict *verdict,
                const char *source);
void text_host(struct text_context *context, const struct host *host);
void text_group(struct text_context *context, const struct attempt_group *group, const char *source);
void text_fold(struct text_context *context, const struct folded_attempts *folded);
void text_probe(struct text_context *context, const struct probe_outcome *outcome);
/* Its packets, where they were kept. */
void text_ladder(struct text_context *context, const struct case_file *file, const struct verdict *verdict);
void text_summary(struct text_context *context, const struct tally *tally, const struct report_totals *totals);

/* -v: versions, algorithms, times. */
void text_ssh(struct text_writer *writer, const struct ssh_report *ssh);
/* "tcp 30 ms, banner 5 ms, …" of the stages seen; returns their sum in microseconds and the slowest's name. */
int64_t text_stages(const struct ssh_report *ssh, char *out, size_t size, const char **slowest);

#endif
