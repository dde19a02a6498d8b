/* When an attempt began and how long it took, whatever of it was seen. */
#ifndef REPORT_MOMENT_H
#define REPORT_MOMENT_H

#include <sshsniff/tracker.h>

int64_t moment_start(const struct attempt *attempt);
int64_t moment_duration(const struct attempt *attempt);

#endif
