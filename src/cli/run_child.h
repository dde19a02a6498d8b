/* The command that `run` runs: a child process, as the user who called. */
#ifndef CLI_RUN_CHILD_H
#define CLI_RUN_CHILD_H

#include <stdbool.h>

/* Starts `command` (its words, NULL at the end). From then on, SIGINT and SIGQUIT are left to it, and SIGTERM and
 * SIGHUP are passed on to it. False where no process could be started; why is on standard error. */
bool run_child_start(char **command);

/* Whether it has ended. `wait`: not before it has; then always true. */
bool run_child_has_ended(bool wait);

/* How it ended, as a shell says it: its exit status, or 128 and the signal's number. */
int run_child_status(void);

#endif
