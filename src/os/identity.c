#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capabilities.h"

#define NOBODY 65534

enum { GROUPS_MOST = 1024 };

static struct {
    bool borrowed;
    gid_t groups[GROUPS_MOST];
    int count;
} before;

static bool read_id(const char *text, unsigned *id)
{
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *id = (unsigned)value;
    return *end == '\0' && errno == 0 && value < (uid_t)-1;
}

static void fill(struct identity *out, uid_t uid, gid_t gid)
{
    const struct passwd *entry = getpwuid(uid);
    *out = (struct identity){.uid = uid, .gid = gid};
    if (entry != NULL)
        snprintf(out->name, sizeof out->name, "%s", entry->pw_name);
}

void identity_of_asker(struct identity *out)
{
    unsigned uid, gid;
    if (getuid() == 0 && read_id(getenv("SUDO_UID"), &uid) && read_id(getenv("SUDO_GID"), &gid) && uid != 0)
        fill(out, uid, gid);
    else
        fill(out, getuid(), getgid());
}

bool identity_of_account(const char *name, struct identity *out)
{
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL)
        return false;
    *out = (struct identity){.uid = entry->pw_uid, .gid = entry->pw_gid};
    snprintf(out->name, sizeof out->name, "%s", entry->pw_name);
    return true;
}

void identity_of_service(struct identity *out, bool *is_nobody)
{
    *is_nobody = !identity_of_account(SERVICE_ACCOUNT, out) || out->uid == 0;
    if (*is_nobody && (!identity_of_account("nobody", out) || out->uid == 0))
        *out = (struct identity){.uid = NOBODY, .gid = NOBODY};
}

static bool take_groups(const struct identity *identity)
{
    return identity->name[0] != '\0' ? initgroups(identity->name, identity->gid) == 0 : setgroups(0, NULL) == 0;
}

bool identity_borrow(const struct identity *asker)
{
    if (geteuid() != 0 || asker->uid == 0)
        return true;
    before.count = getgroups(GROUPS_MOST, before.groups);
    before.borrowed = before.count >= 0 && take_groups(asker);
    if (before.borrowed && setegid(asker->gid) == 0 && seteuid(asker->uid) == 0)
        return true;
    int error = errno;
    identity_return();
    errno = error;
    return false;
}

void identity_return(void)
{
    if (!before.borrowed)
        return;
    before.borrowed = false;
    /* It was root a moment ago: where it cannot be again, nothing that follows is safe. */
    if (seteuid(0) != 0 || setegid(getgid()) != 0 || setgroups((size_t)before.count, before.groups) != 0)
        abort();
}

static void take_environment(const struct passwd *entry)
{
    setenv("HOME", entry->pw_dir, 1);
    setenv("USER", entry->pw_name, 1);
    setenv("LOGNAME", entry->pw_name, 1);
    setenv("SHELL", entry->pw_shell, 1);
}

bool identity_become_asker(void)
{
    struct identity asker;
    const uid_t real = getuid();
    identity_of_asker(&asker);
    if (geteuid() == 0 && asker.uid != 0) {
        if ((asker.uid != real && !take_groups(&asker)) || setresgid(asker.gid, asker.gid, asker.gid) != 0 ||
            setresuid(asker.uid, asker.uid, asker.uid) != 0)
            return false;
        const struct passwd *entry = getpwuid(asker.uid);
        if (entry != NULL && asker.uid != real)
            take_environment(entry);
    } else if (asker.uid != 0 &&
               (setresgid(asker.gid, asker.gid, asker.gid) != 0 || setresuid(asker.uid, asker.uid, asker.uid) != 0))
        return false;
    if (asker.uid == 0)
        return true; /* root itself called: what it runs is root's, as without this program */
    return capabilities_keep_none() && setuid(0) != 0; /* what could be regained was not given up */
}
