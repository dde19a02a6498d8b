/* The command that `run` runs, as the user who called, by a helper of its own: the process that reads packets can
 * neither start anything nor send a signal. */
#ifndef CLI_RUN_CHILD_H
#define CLI_RUN_CHILD_H

#include <stdbool.h>

/* Makes the helper ready for `command` (its words, NULL at the end), and starts nothing yet. Call it before anything is
 * opened. From then on, SIGINT and SIGQUIT are left to the command, and SIGTERM and SIGHUP are passed on to it. False
 * where that fails; why is on standard error. */
bool run_child_prepare(char **command);

/* Starts it. */
bool run_child_start(void);

/* The channel to the helper: whatever else this process may do, it has to be able to use that. */
int run_child_channel(void);

/* Whether it has ended. `wait`: not before it has; then always true. */
bool run_child_has_ended(bool wait);

/* How it ended, as a shell says it: its exit status, or 128 and the signal's number. */
int run_child_status(void);

/* Lets go of the helper; one that was not told to start anything ends. */
void run_child_forget(void);

#endif
