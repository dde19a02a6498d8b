/* What `run` says where packets show a login that went through, and ssh failed all the same. */
#ifndef CLI_RUN_END_H
#define CLI_RUN_END_H

#include <sshsniff/verdict.h>

#include "run_target.h"

#define RUN_SSH_FAILED 255 /* ssh(1): an error of ssh itself, not of the remote command */

/* What the verdicts so far told of a login. All zero: nothing. */
struct run_login {
    bool went_through, left_at_first_answer;
    int64_t session_us; /* 0: not known */
};

/* Takes note of one more verdict. */
void run_end_note(struct run_login *login, const struct verdict *verdict);

/* Writes to standard error why ssh may have ended with `status` after such a login; nothing where that is no failure.
 */
void run_end_say(const struct run_target *target, const struct run_login *login, int status);

#endif
