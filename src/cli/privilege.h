/* Root's rights are needed to open an interface, and for nothing after. */
#ifndef CLI_PRIVILEGE_H
#define CLI_PRIVILEGE_H

#include <stdbool.h>

#define PRIVILEGE_ERROR_SIZE 256

/* Gives up root and all capabilities, for good, and checks that they are gone.
 * `user`: become this user ("root": stay root). NULL: who called sudo; where nobody did, root stays and others lose
 * only their capabilities. False with one line in `error`: the caller must not go on. */
bool privilege_drop(const char *user, char error[PRIVILEGE_ERROR_SIZE]);

#endif
