/* What all formats need of a probe's outcome. */
#ifndef REPORT_PROBE_OUTCOME_H
#define REPORT_PROBE_OUTCOME_H

#include <sshsniff/probe.h>
#include <sshsniff/report.h>

/* The verdict without frame numbers: a probe's own capture is not kept, so they would point nowhere. */
void probe_outcome_verdict(const struct probe_outcome *outcome, struct verdict *out);

/* SSH on another port, where the port asked for does not work; NULL: none was found. */
const struct probe_service *probe_outcome_elsewhere(const struct probe_outcome *outcome);

#endif
