/* seccomp: the system calls that a process is left with. */
#ifndef OS_SYSCALLS_H
#define OS_SYSCALLS_H

#include "confinement.h"

bool syscalls_can_be_limited(void);

/* Whatever is not on the list of this kind of process ends it, with a line on standard error that says so. `landlock`:
 * files are guarded by it; where they are not, none is opened. False with errno. */
bool syscalls_limit(const struct confinement *wanted, bool landlock);

#endif
