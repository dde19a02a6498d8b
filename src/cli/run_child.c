#include "run_child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sshsniff/probe.h>

#include "exit_status.h"
#include "run_say.h"

#define EXIT_NOT_FOUND 127 /* as a shell's */

static volatile sig_atomic_t child_pid; /* for the signal handler too */
static int child_status;                /* as waitpid gives it */

static void pass_on(int number)
{
    if (child_pid > 0)
        (void)kill((pid_t)child_pid, number);
}

/* ^C and ^\ reach the command by its terminal: they are its own matter, and the verdict must survive them. */
static void handle_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGTERM, &pass, NULL);
    sigaction(SIGHUP, &pass, NULL);
}

static void in_child(char **command, const struct sigaction old[2])
{
    static const int reset[] = {SIGPIPE, SIGTERM, SIGHUP};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGINT, &old[0], NULL);
    sigaction(SIGQUIT, &old[1], NULL);
    for (size_t i = 0; i < sizeof reset / sizeof *reset; i++)
        sigaction(reset[i], &standard, NULL);
    if (!probe_become_caller()) {
        run_say("cannot become the user who called sudo; the command is not run as root");
        _exit(EXIT_TROUBLE);
    }
    execvp(command[0], command);
    run_say("%s: %s", command[0], strerror(errno));
    _exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_FOUND - 1);
}

bool run_child_start(char **command)
{
    struct sigaction old[2];
    sigaction(SIGINT, NULL, &old[0]);
    sigaction(SIGQUIT, NULL, &old[1]);
    handle_signals();
    pid_t child = fork();
    if (child == 0)
        in_child(command, old);
    child_pid = child;
    if (child < 0)
        run_say("cannot start %s: %s", command[0], strerror(errno));
    return child > 0;
}

bool run_child_has_ended(bool wait)
{
    pid_t got;
    while ((got = waitpid((pid_t)child_pid, &child_status, wait ? 0 : WNOHANG)) < 0 && errno == EINTR)
        ;
    return got != 0;
}

int run_child_status(void)
{
    return WIFSIGNALED(child_status) ? 128 + WTERMSIG(child_status) : WEXITSTATUS(child_status);
}
