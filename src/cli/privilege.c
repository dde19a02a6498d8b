#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege.h"

struct identity {
    uid_t uid;
    gid_t gid;
    const char *name; /* NULL: a number without an account */
};

static bool fail(char *error, const char *what, const char *who)
{
    snprintf(error, PRIVILEGE_ERROR_SIZE, "cannot give up privileges (%s %s): %s; -Z root keeps them", what, who,
             strerror(errno));
    return false;
}

static bool read_id(const char *text, unsigned long *id)
{
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *id = strtoul(text, &end, 10);
    return *end == '\0' && errno == 0 && *id < (unsigned long)(uid_t)-1;
}

/* sudo leaves word of who called it; root calling sudo gives nothing to become. */
static bool find_caller(struct identity *out)
{
    unsigned long uid, gid;
    if (!read_id(getenv("SUDO_UID"), &uid) || !read_id(getenv("SUDO_GID"), &gid) || uid == 0)
        return false;
    const struct passwd *entry = getpwuid((uid_t)uid);
    *out = (struct identity){(uid_t)uid, (gid_t)gid, entry != NULL ? entry->pw_name : NULL};
    return true;
}

static bool become(const struct identity *identity, const char *who, char *error)
{
    bool groups = identity->name != NULL ? initgroups(identity->name, identity->gid) == 0 : setgroups(0, NULL) == 0;
    if (!groups)
        return fail(error, "setgroups", who);
    if (setresgid(identity->gid, identity->gid, identity->gid) != 0)
        return fail(error, "setgid", who);
    if (setresuid(identity->uid, identity->uid, identity->uid) != 0)
        return fail(error, "setuid", who);
    return true;
}

/* For a program that got its rights from setcap: no capability is left to an exploited parser. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &header, none) == 0;
}

bool privilege_drop(const char *user, char error[PRIVILEGE_ERROR_SIZE])
{
    struct identity identity;
    bool someone = false;
    if (user != NULL) {
        const struct passwd *entry = getpwnam(user);
        if (entry == NULL) {
            snprintf(error, PRIVILEGE_ERROR_SIZE,
                     "-Z %s: no such user; name an account of this machine, or root to stay root", user);
            return false;
        }
        identity = (struct identity){entry->pw_uid, entry->pw_gid, entry->pw_name};
        if (identity.uid == 0 && geteuid() == 0)
            return true;
        someone = identity.uid != geteuid();
    } else if (geteuid() == 0) {
        if (!find_caller(&identity))
            return true;
        someone = true;
    }
    if (someone && !become(&identity, user != NULL ? user : "SUDO_UID", error))
        return false;
    if (!drop_capabilities())
        return fail(error, "capset", user != NULL ? user : "");
    /* A failed drop that looks like a success is the worst outcome: try to come back. */
    if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 || geteuid() == 0) {
        snprintf(error, PRIVILEGE_ERROR_SIZE, "cannot give up privileges: root could be regained; run as another user");
        return false;
    }
    return true;
}
