/* The user who called sudo, for the programs that are started in their name. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include <sshsniff/probe.h>

static bool read_id(const char *text, unsigned *id)
{
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *id = (unsigned)value;
    return *end == '\0' && errno == 0 && value < UINT32_MAX;
}

static void take_environment(const struct passwd *entry)
{
    setenv("HOME", entry->pw_dir, 1);
    setenv("USER", entry->pw_name, 1);
    setenv("LOGNAME", entry->pw_name, 1);
    setenv("SHELL", entry->pw_shell, 1);
}

bool probe_become_caller(void)
{
    unsigned uid, gid;
    if (geteuid() != 0)
        return setgid(getgid()) == 0 && setuid(getuid()) == 0;
    if (!read_id(getenv("SUDO_UID"), &uid) || !read_id(getenv("SUDO_GID"), &gid) || uid == 0)
        return true; /* root itself called */
    const struct passwd *entry = getpwuid(uid);
    bool groups = entry != NULL ? initgroups(entry->pw_name, gid) == 0 : setgroups(0, NULL) == 0;
    if (!groups || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return false;
    if (entry != NULL)
        take_environment(entry);
    return setuid(0) != 0; /* what could be regained was not given up */
}
