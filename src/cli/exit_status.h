/* What the program exits with; sshsniff(8) lists them. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

#define EXIT_DONE    0 /* the work was done, whatever was found */
#define EXIT_TROUBLE 1 /* bad input, or an error while working */
#define EXIT_USAGE   2
#define EXIT_FAILED  3 /* with --fail-on-failure: an attempt failed */

#endif
