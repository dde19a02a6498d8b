/* Landlock: the kernel's access rights for files, TCP and signals, given up by the process itself. */
#ifndef OS_LANDLOCK_H
#define OS_LANDLOCK_H

#include "confinement.h"

/* The version of the kernel's interface; 0: there is none. */
int landlock_version(void);

/* No file is opened any more but for reading below the folders (PROCESS_LOCAL: and to be run; /dev/null is
 * written to, too), no TCP port is bound or connected to but where
 * the kind of process needs it, and no process outside is reached by a signal or an abstract socket. False with errno.
 */
bool landlock_restrict(const struct confinement *wanted);

#endif
