#include "rights.h"

#include <stdio.h>
#include <string.h>

#include "exit_status.h"
#include "os/privilege.h"
#include "report/utf8.h"

static bool asks_for_root(const char *user)
{
    struct identity who;
    return user != NULL && identity_of_account(user, &who) && who.uid == 0;
}

static int refuse_root(const char *user, struct confined has)
{
    fprintf(stderr,
            "sshsniff: -Z %s: root's uid may write what is root's, and this kernel has no %s to take that away; name "
            "another user\n",
            user, has.landlock ? "seccomp" : "Landlock");
    return EXIT_USAGE;
}

int rights_check(const char *user)
{
    const struct confined has = confine_possible();
    if (!confine_is_wanted() || !asks_for_root(user) || (has.landlock && has.seccomp))
        return EXIT_DONE;
    return refuse_root(user, has);
}

static void say_who(const struct privilege *now, const char *user, bool tell)
{
    if (now->is_root)
        fprintf(stderr, "sshsniff: %s: uid 0 is kept, without any capability; no file of root's can be changed\n",
                user != NULL ? "-Z" : "no other uid is to be had here");
    else if (now->is_nobody && tell)
        fprintf(stderr, "sshsniff: goes on as nobody: there is no account " SERVICE_ACCOUNT
                        " here (make install makes it; -Z names another)\n");
}

static void say_what_lacks(struct confined got)
{
    if (!got.landlock)
        fputs("sshsniff: this kernel has no Landlock: files are not shut off\n", stderr);
    if (!got.seccomp)
        fputs("sshsniff: this kernel has no seccomp: system calls are not limited\n", stderr);
}

int rights_give_up(const char *user, const struct confinement *wanted, bool tell, bool verbose)
{
    char error[PRIVILEGE_ERROR_SIZE > CONFINE_ERROR_SIZE ? PRIVILEGE_ERROR_SIZE : CONFINE_ERROR_SIZE];
    struct privilege now;
    struct confined got = {false, false};
    if (!privilege_drop(user, &now, error) || !confine(wanted, &got, error)) {
        utf8_make_safe(error);
        fprintf(stderr, "sshsniff: %s\n", error);
        return EXIT_TROUBLE;
    }
    say_who(&now, user, tell || verbose);
    if (verbose)
        say_what_lacks(got);
    if (now.is_root && confine_is_wanted() && !(got.landlock && got.seccomp))
        return refuse_root(now.now.name, got);
    return EXIT_DONE;
}
