#include "confine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "landlock.h"
#include "syscalls.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

bool confine_is_wanted(void)
{
#ifdef SANITIZED
    return false;
#else
    const char *preloaded = secure_getenv("LD_PRELOAD");
    return preloaded == NULL || strstr(preloaded, "/vgpreload_") == NULL;
#endif
}

struct confined confine_possible(void)
{
    if (!confine_is_wanted())
        return (struct confined){false, false};
    return (struct confined){landlock_version() > 0, syscalls_can_be_limited()};
}

static bool fail(char *error, const char *what)
{
    snprintf(error, CONFINE_ERROR_SIZE, "%s: %s; the kernel refused to confine this process", what, strerror(errno));
    return false;
}

/* Landlock shuts /proc/PID/fd of all processes outside, by which the owner of a socket is found. Who is not root can
 * write nothing that matters, and each tool is shut in by itself (src/local/command.c). */
static bool does_without_landlock(const struct confinement *wanted)
{
    return wanted->kind == PROCESS_LOCAL && geteuid() != 0;
}

bool confine(const struct confinement *wanted, struct confined *got, char error[CONFINE_ERROR_SIZE])
{
    *got = confine_possible();
    if (does_without_landlock(wanted))
        got->landlock = false;
    if ((got->landlock || got->seccomp) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "no_new_privs");
    if (got->landlock && !landlock_restrict(wanted))
        return fail(error, "Landlock");
    if (got->seccomp && !syscalls_limit(wanted, got->landlock))
        return fail(error, "seccomp");
    return true;
}
