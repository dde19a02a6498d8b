/* The moment after which nothing of what may come is read with a right: rights are given up, and the process is
 * confined. */
#ifndef CLI_RIGHTS_H
#define CLI_RIGHTS_H

#include <stdbool.h>

#include "os/confine.h"

/* `user`: -Z's, or NULL. `tell`: a person reads along. EXIT_DONE, or what to exit with: why is on standard error then.
 */
int rights_give_up(const char *user, const struct confinement *wanted, bool tell, bool verbose);

/* Before anything is opened: EXIT_USAGE where -Z asks for what cannot be made safe here. */
int rights_check(const char *user);

#endif
