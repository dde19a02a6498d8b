/* Which distribution this is, and what its SSH server's package is called. */
#ifndef LOCAL_DISTRIBUTION_H
#define LOCAL_DISTRIBUTION_H

#include <sshsniff/local.h>

struct distribution {
    const char *id;      /* as in ID and ID_LIKE of os-release(5) */
    const char *package; /* of OpenSSH's server */
    const char *install; /* the command that installs it */
    const char *unit;    /* of OpenSSH's server */
};

/* By the text of os-release; NULL where it is none that is known. */
const struct distribution *distribution_of(const char *os_release);

/* This machine's. */
const struct distribution *distribution_here(void);

#endif
