#include "run_end.h"

#include <stdio.h>
#include <string.h>

#include "complain.h"

/* sshd ends a command with it where PAM did not open the session (session.c do_child). */
#define PAM_REFUSED 254

/* After this long it was no refusal. Judgement. */
#define AT_ONCE_US 3000000

void run_end_note(struct run_login *login, const struct verdict *verdict)
{
    if (verdict->cause != CAUSE_NONE)
        return;
    login->went_through = true;
    login->left_at_first_answer = verdict->ssh.left_at_first_answer;
    login->session_us = verdict->ssh.session_us;
}

/* The host behind the first hop: the next of several jumps, or the one that was wanted. */
static void next_hop(const struct run_target *target, char *out, size_t size)
{
    const char *comma = strchr(target->name.jump, ',');
    if (comma == NULL)
        snprintf(out, size, "%s port %u", target->name.wanted, target->wanted_port);
    else
        snprintf(out, size, "%.*s", (int)strcspn(comma + 1, ","), comma + 1);
}

static void say_behind_jump(const struct run_target *target, const struct run_login *login)
{
    char next[PROBE_NAME_SIZE + 32];
    next_hop(target, next, sizeof next);
    if (login->left_at_first_answer)
        complain(
            "run",
            "ssh ended with 255: the login at the first hop %s went through, and the way on to %s was refused or led "
            "nowhere: the first hop may not forward (AllowTcpForwarding, PermitOpen), does not know the name, or "
            "nothing answers it there; log in at the first hop and try it from there",
            target->name.hostname, next);
    else
        complain("run",
                 "ssh ended with 255: the login at the first hop %s went through, and %s was reached through it: what "
                 "failed is the key exchange or the login there, which ssh -v shows",
                 target->name.hostname, next);
}

static void say_after_login(const struct run_login *login)
{
    if (login->left_at_first_answer)
        complain("run",
                 "ssh ended with 255 although the login went through: the server refused what ssh asked for next, a "
                 "channel or a forwarding (MaxSessions, AllowTcpForwarding, PermitOpen); ssh says which above");
    else
        complain("run",
                 "ssh ended with 255 although the login went through: the session broke off, a forwarding could not be "
                 "set up (ExitOnForwardFailure), or the remote command itself ended with 255; ssh says which above, or "
                 "with -v");
}

void run_end_say(const struct run_target *target, const struct run_login *login, int status)
{
    if (!login->went_through)
        return;
    if (status == RUN_SSH_FAILED && target->name.jump[0] != '\0')
        say_behind_jump(target, login);
    else if (status == RUN_SSH_FAILED && target->proxied)
        complain(
            "run",
            "ssh ended with 255: the login of the ProxyCommand went through; what failed lies behind it, on the way "
            "to %s or there",
            target->name.hostname);
    else if (status == RUN_SSH_FAILED)
        say_after_login(login);
    else if (status == PAM_REFUSED && login->session_us && login->session_us < AT_ONCE_US)
        complain(
            "run",
            "ssh ended with 254: sshd does so where PAM did not open the session (a session module, maxlogins); on "
            "the server: sudo journalctl -t sshd -t sshd-session --since -10min | grep -i pam");
}
