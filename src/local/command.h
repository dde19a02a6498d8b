/* One tool of this machine, run to hear what it says: without a shell, in a clean environment, for a limited time and a
 * limited number of bytes, and able to write nothing. */
#ifndef LOCAL_COMMAND_H
#define LOCAL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/local.h>

enum command_end {
    COMMAND_DONE,      /* it ended by itself: `status` */
    COMMAND_ABSENT,    /* there is no such program here */
    COMMAND_TIMED_OUT, /* it was killed, with all that it had started */
    COMMAND_FAILED     /* it could not be run */
};

enum { COMMAND_COMPLAINT = 512 };

/* What it said. The caller gives `bytes` and `room`; all else is written. */
struct command_output {
    char *bytes;
    size_t room;                       /* for the bytes and a NUL behind them */
    size_t length;                     /* of standard output */
    bool cut;                          /* it would have said more, and was killed */
    int status;                        /* its exit status; 128 and the signal that ended it */
    char complaint[COMMAND_COMPLAINT]; /* the beginning of standard error */
};

/* Runs `argv`, at most 31 words and a NULL; argv[0] is a bare name, looked for in fixed folders. It is given
 * `limit_ms`, or less where the budget ends earlier. Bytes of NUL in the output stay as they are. */
enum command_end command_run(const char *const argv[], unsigned limit_ms, struct command_output *out);

/* The same where the output is one of these: what became of a group of facts that this tool tells. LOCAL_KNOWN where it
 * ended with 0. */
enum local_state command_state(enum command_end end, const struct command_output *out);

/* Whether such a program is here. */
bool command_exists(const char *name);

/* All that is run from now on has to be done within so many milliseconds, together; 0: without such a bound. */
void command_budget(unsigned ms);

#endif
