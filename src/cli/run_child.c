#include "run_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"
#include "exit_status.h"
#include "os/capabilities.h"
#include "os/confine.h"
#include "os/helper.h"
#include "os/identity.h"

#define EXIT_NOT_FOUND 127 /* as a shell's */
#define LOOK_MS        5   /* how often the command is looked at, where the kernel (before 5.3) cannot wake us */

enum { SIGNALS = 5 };

static const int signals[SIGNALS] = {SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGHUP};
static struct sigaction callers[SIGNALS]; /* what the caller had set */
static struct helper helper = {-1, -1};
static int child_status; /* as waitpid gives it */

/* ---- The helper ---- */

static void in_command(char **command)
{
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &callers[i], NULL);
    execvp(command[0], command);
    complain("run", "%s: %s", command[0], strerror(errno));
    _exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_FOUND - 1);
}

static bool begin(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    (void)context;
    (void)channel;
    for (size_t i = 0; i < SIGNALS; i++)
        signal(signals[i], SIG_IGN); /* they are the command's, or come by the channel */
    if (identity_become_asker())
        return true;
    snprintf(error, HELPER_ERROR_SIZE, "cannot become the user who called; the command is not run as anybody else");
    return false;
}

static bool wait_for_start(int channel)
{
    struct helper_request request;
    /* Whoever is to end before it has begun is not started. */
    return helper_listen(channel, &request) && request.question == HELPER_START;
}

static void pass_on(pid_t command, const struct helper_request *request)
{
    if (request->question == HELPER_SIGNAL && (request->number == SIGTERM || request->number == SIGHUP))
        (void)kill(command, request->number);
}

/* `ended`: readable once the command has; -1: unknown to the kernel. A channel that is closed is looked at no more: the
 * command goes on without its watcher. */
static int wait_for_end(pid_t command, int channel, int ended)
{
    int status = 0;
    struct helper_request request;
    struct pollfd polled[] = {{.fd = channel, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
    for (;;) {
        pid_t got = waitpid(command, &status, WNOHANG);
        if (got == command || (got < 0 && errno != EINTR))
            return status;
        if (poll(polled, 2, ended >= 0 ? -1 : LOOK_MS) <= 0 || polled[0].revents == 0)
            continue;
        if (helper_listen(channel, &request))
            pass_on(command, &request);
        else
            polled[0].fd = -1;
    }
}

static int run(char **command, int channel)
{
    const struct confinement wanted = {.kind = PROCESS_COMMAND, .output = -1, .channel = channel};
    char error[CONFINE_ERROR_SIZE];
    struct confined got;
    pid_t child = fork();
    if (child == 0)
        in_command(command);
    if (child < 0) {
        complain("run", "cannot start %s: %s", command[0], strerror(errno));
        return EXIT_TROUBLE << 8;
    }
    int ended = (int)syscall(SYS_pidfd_open, child, 0);
    (void)capabilities_keep_none();     /* root's uid is enough to signal root's command */
    if (!confine(&wanted, &got, error)) /* it is the command's user, and reads only what it is told */
        complain("run", "%s", error);
    return wait_for_end(child, channel, ended);
}

static void serve(void *context, int channel)
{
    struct helper_answer answer = {.question = HELPER_START};
    if (!wait_for_start(channel))
        return;
    answer.number = run(context, channel);
    (void)helper_tell(channel, &answer);
}

static const struct helper_duty duty = {"the command", begin, serve};

/* ---- The process that reads packets ---- */

static void send_signal(int number)
{
    const struct helper_request request = {.question = HELPER_SIGNAL, .number = number};
    const int before = errno;
    (void)helper_ask(&helper, &request);
    errno = before;
}

/* ^C and ^\ reach the command by its terminal: they are its own matter, and the verdict must survive them. */
static void handle_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, pass = {.sa_handler = send_signal, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < SIGNALS; i++) {
        bool passed = signals[i] == SIGTERM || signals[i] == SIGHUP;
        sigaction(signals[i], passed ? &pass : &ignore, &callers[i]);
    }
}

bool run_child_prepare(char **command)
{
    char error[HELPER_ERROR_SIZE];
    handle_signals();
    if (helper_start(&helper, &duty, command, error))
        return true;
    complain("run", "%s", error);
    return false;
}

bool run_child_start(void)
{
    const struct helper_request request = {.question = HELPER_START};
    return helper_ask(&helper, &request);
}

int run_child_channel(void)
{
    return helper.channel;
}

bool run_child_has_ended(bool wait)
{
    struct helper_answer answer;
    int heard = helper_hear(&helper, wait, &answer);
    if (heard != 0)
        child_status = heard == 1 && answer.question == HELPER_START ? answer.number : EXIT_TROUBLE << 8;
    return heard != 0;
}

int run_child_status(void)
{
    return WIFSIGNALED(child_status) ? 128 + WTERMSIG(child_status) : WEXITSTATUS(child_status);
}

void run_child_forget(void)
{
    helper_end(&helper);
}
