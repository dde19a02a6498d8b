#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "capabilities.h"
#include "confine.h"

static bool fail(char *error, const char *what, const struct identity *who)
{
    snprintf(error, PRIVILEGE_ERROR_SIZE, "cannot give up privileges (%s, uid %u): %s", what, (unsigned)who->uid,
             strerror(errno));
    return false;
}

/* Whom to become. False with `error` where -Z names nobody. */
static bool choose(const char *user, struct privilege *out, char *error)
{
    *out = (struct privilege){.is_root = false};
    if (user != NULL) {
        if (identity_of_account(user, &out->now))
            return true;
        snprintf(error, PRIVILEGE_ERROR_SIZE,
                 "-Z %s: no such user; name an account of this machine, or root to keep its uid", user);
        return false;
    }
    identity_of_asker(&out->now);
    if (geteuid() == 0 && out->now.uid == 0)
        identity_of_service(&out->now, &out->is_nobody);
    return true;
}

/* Rootless containers have no uid but 0, and that one is nobody outside; others take the right to change it away. */
static bool may_not_change(int error)
{
    return error == EINVAL || error == EPERM;
}

static bool change_uid(const struct privilege *to)
{
    const uid_t uid = to->now.uid;
    const gid_t gid = to->now.gid;
    return setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

static bool become(struct privilege *to, bool asked_for, char *error)
{
    if (to->now.uid == geteuid() && geteuid() != 0)
        return change_uid(to) || fail(error, "setresuid", &to->now);
    bool groups = setgroups(0, NULL) == 0;
    if (to->now.uid != 0 && groups && change_uid(to))
        return true;
    if (to->now.uid != 0 && (asked_for || geteuid() != 0 || !may_not_change(errno)))
        return fail(error, groups ? "setresuid" : "setgroups", &to->now);
    *to = (struct privilege){.now = {.name = "root"}, .is_root = true};
    if (!change_uid(to))
        return fail(error, "setresuid", &to->now);
    (void)capabilities_unmake_root(); /* no_new_privs and seccomp see to it where this is not allowed */
    return true;
}

/* A failed drop that looks like a success is the worst outcome: try to come back. */
static bool is_gone(const struct privilege *now)
{
    return now->is_root || (setresuid(0, 0, 0) != 0 && setresgid(0, 0, 0) != 0 && geteuid() != 0);
}

void privilege_hide(void)
{
    if (confine_is_wanted())
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* `keep`: what empties the sets of capabilities, but for some. */
static bool drop(const char *user, struct privilege *out, bool (*keep)(void), char *error)
{
    const bool keeps_some = keep != capabilities_keep_none;
    if (!choose(user, out, error))
        return false;
    capabilities_clear_bounding();
    if (keeps_some && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        return fail(error, "prctl", &out->now);
    if (!become(out, user != NULL && strcmp(user, "root") != 0, error))
        return false;
    if (!keep())
        return fail(error, "capset", &out->now);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "no_new_privs", &out->now);
    /* To change the uid or the capabilities makes a process dumpable again, so this comes last. */
    if (confine_is_wanted() && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(error, "dumpable", &out->now);
    if (is_gone(out))
        return true;
    snprintf(error, PRIVILEGE_ERROR_SIZE, "cannot give up privileges: root could be regained; run as another user");
    return false;
}

bool privilege_whom(const char *user, struct identity *out, char error[PRIVILEGE_ERROR_SIZE])
{
    struct privilege chosen;
    if (!choose(user, &chosen, error))
        return false;
    *out = chosen.now;
    return true;
}

bool privilege_drop(const char *user, struct privilege *out, char error[PRIVILEGE_ERROR_SIZE])
{
    return drop(user, out, capabilities_keep_none, error);
}

bool privilege_drop_but_raw(const char *user, struct privilege *out, char error[PRIVILEGE_ERROR_SIZE])
{
    return drop(user, out, capabilities_keep_raw, error);
}

bool privilege_drop_but_looking(const char *user, struct privilege *out, char error[PRIVILEGE_ERROR_SIZE])
{
    capabilities_let_inherit_looking();
    return drop(user, out, capabilities_keep_looking, error);
}
