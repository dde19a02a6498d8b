/* What `run` has to say beside the verdicts. */
#ifndef CLI_RUN_SAY_H
#define CLI_RUN_SAY_H

/* One line to standard error, after the program's name: standard output is the command's. */
__attribute__((format(printf, 1, 2))) void run_say(const char *format, ...);

#endif
