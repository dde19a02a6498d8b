/* What `run` does where it may watch no packets and ssh has failed: the host is asked, with ordinary sockets. */
#ifndef CLI_RUN_ASK_H
#define CLI_RUN_ASK_H

#include <stdbool.h>

#include <sshsniff/probe.h>
#include <sshsniff/report.h>

/* Writes what the port answers now to standard error, with what could not be seen. False with one line in `error`. */
bool run_ask(const struct probe_name *name, const struct report_format *format, unsigned verbose,
             char error[PROBE_ERROR_SIZE]);

#endif
