/* What a process can still do once all that it needs is open: Landlock takes the files and the network, seccomp the
 * system calls. */
#ifndef OS_CONFINE_H
#define OS_CONFINE_H

#include <stdbool.h>

#include "confinement.h"

#define CONFINE_ERROR_SIZE 256

/* What the kernel has of the two. */
struct confined {
    bool landlock, seccomp;
};

/* From now on, for good and for all threads to come. False with one line in `error` where the kernel has the means and
 * yet refused. */
bool confine(const struct confinement *wanted, struct confined *got, char error[CONFINE_ERROR_SIZE]);

/* Whether the kernel has Landlock and seccomp. */
struct confined confine_possible(void);

/* Not under the sanitizers and valgrind, which trace and allocate from within the process. */
bool confine_is_wanted(void);

#endif
