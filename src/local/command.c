#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/capabilities.h"
#include "os/descriptors.h"
#include "os/landlock.h"

#define STEP_US    2000   /* how often an end is looked for once a tool says no more */
#define GIVE_UP_US 200000 /* how long a killed one may take: the kernel may hold it for longer */

/* The caller's own environment would choose languages, colours, pagers and libraries. The lock of iptables is taken on
 * what everybody may open: nothing is changed here, so nobody has to wait. */
static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                          "LC_ALL=C",
                                          "LANG=C",
                                          "SYSTEMD_PAGER=",
                                          "SYSTEMD_COLORS=0",
                                          "SYSTEMD_LOG_LEVEL=err",
                                          "XTABLES_LOCKFILE=/dev/null",
                                          "PYTHONNOUSERSITE=1",
                                          "TZ=UTC",
                                          "HOME=/nonexistent",
                                          NULL};

static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"};

static int64_t budget_end_us; /* 0: there is none */

void command_budget(unsigned ms)
{
    budget_end_us = ms != 0 ? monotonic_us() + (int64_t)ms * 1000 : 0;
}

enum { PATH_SIZE = 128 };

static bool find(const char *name, char path[PATH_SIZE])
{
    for (size_t i = 0; strchr(name, '/') == NULL && i < sizeof folders / sizeof folders[0]; i++)
        if (snprintf(path, PATH_SIZE, "%s/%s", folders[i], name) < PATH_SIZE && access(path, X_OK) == 0)
            return true;
    return false;
}

bool command_exists(const char *name)
{
    char path[PATH_SIZE];
    return find(name, path);
}

/* ---- The tool's process ---- */

static void limit_resources(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setrlimit(RLIMIT_FSIZE, &none); /* pipes do not count */
}

enum { WORDS = 32 };

/* For execve, which leaves the words as they are; its type is older than const. */
static void list(const char *const from[], char *to[WORDS])
{
    size_t i = 0;
    for (; i < WORDS - 1 && from[i] != NULL; i++)
        memcpy(&to[i], &from[i], sizeof to[i]);
    to[i] = NULL;
}

__attribute__((noreturn)) static void become(const char *path, const char *const argv[], const int out[2],
                                             const int complaint[2])
{
    const struct confinement wanted = {.kind = PROCESS_LOCAL, .folder = {"/"}, .output = -1, .channel = -1};
    const int nothing = open("/dev/null", O_RDWR);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
        dup2(complaint[1], STDERR_FILENO) < 0 || chdir("/") != 0)
        _exit(127);
    descriptors_close_others(STDERR_FILENO + 1, -1);
    limit_resources();
    capabilities_hand_on_looking();
    if (landlock_version() > 0)
        (void)landlock_restrict(&wanted); /* refused without no_new_privs, which this process's own caller sets */
    char *words[WORDS], *variables[WORDS];
    list(argv, words);
    memcpy(&words[0], &path, sizeof words[0]); /* sshd wants to be called by its whole path */
    list(environment, variables);
    execve(path, words, variables);
    _exit(127);
}

/* ---- Ours ---- */

struct running {
    pid_t process;
    int out, complaint; /* -1: at its end */
    int64_t until_us;
};

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* What is read beyond the room shows that there was more. */
static void take_output(struct running *running, struct command_output *out)
{
    char more[512];
    const size_t left = out->room - 1 - out->length;
    ssize_t got = read(running->out, left > 0 ? out->bytes + out->length : more, left > 0 ? left : sizeof more);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0)
        close_end(&running->out);
    else if (left > 0)
        out->length += (size_t)got;
    else
        out->cut = true;
}

static void take_complaint(struct running *running, struct command_output *out)
{
    char more[4096];
    const size_t length = strlen(out->complaint), left = sizeof out->complaint - 1 - length;
    ssize_t got = read(running->complaint, more, sizeof more);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0)
        close_end(&running->complaint);
    else
        memcpy(out->complaint + length, more, (size_t)got < left ? (size_t)got : left);
}

/* False: the time is over, or it said too much. */
static bool listen_to(struct running *running, struct command_output *out)
{
    while (running->out >= 0 || running->complaint >= 0) {
        struct pollfd ends[2] = {{running->out, POLLIN, 0}, {running->complaint, POLLIN, 0}};
        const int64_t left_us = running->until_us - monotonic_us();
        if (left_us <= 0 || out->cut)
            return false;
        if (poll(ends, 2, (int)(left_us / 1000) + 1) < 0 && errno != EINTR)
            return false;
        if (ends[0].revents != 0)
            take_output(running, out);
        if (ends[1].revents != 0)
            take_complaint(running, out);
    }
    return true;
}

/* False: it still runs. */
static bool has_ended(pid_t process, int64_t until_us, int *status)
{
    const struct timespec step = {.tv_nsec = STEP_US * 1000};
    for (;;) {
        pid_t ended = waitpid(process, status, WNOHANG);
        if (ended == process || (ended < 0 && errno != EINTR))
            return true;
        if (monotonic_us() >= until_us)
            return false;
        nanosleep(&step, NULL);
    }
}

static enum command_end see_it_end(struct running *running, struct command_output *out)
{
    int status = 0;
    const bool said_all = listen_to(running, out);
    const bool ended = said_all && has_ended(running->process, running->until_us, &status);
    close_end(&running->out);
    close_end(&running->complaint);
    /* Also what it left behind. */
    (void)kill(-running->process, SIGKILL);
    if (!ended) {
        (void)kill(running->process, SIGKILL);
        (void)has_ended(running->process, monotonic_us() + GIVE_UP_US, &status);
    }
    out->bytes[out->length] = '\0';
    out->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ended || out->cut ? COMMAND_DONE : COMMAND_TIMED_OUT;
}

static int64_t end_of(unsigned limit_ms)
{
    const int64_t end_us = monotonic_us() + (int64_t)limit_ms * 1000;
    return budget_end_us != 0 && budget_end_us < end_us ? budget_end_us : end_us;
}

static enum command_end start(const char *path, const char *const argv[], struct running *running)
{
    int out[2], complaint[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return COMMAND_FAILED;
    if (pipe2(complaint, O_CLOEXEC) != 0) {
        close(out[0]);
        close(out[1]);
        return COMMAND_FAILED;
    }
    running->process = fork();
    if (running->process == 0)
        become(path, argv, out, complaint);
    if (running->process > 0)
        (void)setpgid(running->process, running->process); /* whichever of the two comes first */
    close(out[1]);
    close(complaint[1]);
    running->out = out[0];
    running->complaint = complaint[0];
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(complaint[0], F_SETFL, O_NONBLOCK);
    if (running->process > 0)
        return COMMAND_DONE;
    close_end(&running->out);
    close_end(&running->complaint);
    return COMMAND_FAILED;
}

enum command_end command_run(const char *const argv[], unsigned limit_ms, struct command_output *out)
{
    char path[PATH_SIZE];
    struct running running = {.process = -1, .out = -1, .complaint = -1, .until_us = end_of(limit_ms)};
    out->length = 0;
    out->cut = false;
    out->status = -1;
    out->bytes[0] = '\0';
    memset(out->complaint, 0, sizeof out->complaint);
    if (!find(argv[0], path))
        return COMMAND_ABSENT;
    if (running.until_us <= monotonic_us())
        return COMMAND_TIMED_OUT;
    enum command_end started = start(path, argv, &running);
    return started == COMMAND_DONE ? see_it_end(&running, out) : started;
}

static bool speaks_of_rights(const char *complaint)
{
    static const char *const words[] = {"ermission denied", "not permitted", "must be root", "need to be root",
                                        "Access denied"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(complaint, words[i]) != NULL)
            return true;
    return false;
}

enum local_state command_state(enum command_end end, const struct command_output *out)
{
    switch (end) {
    case COMMAND_ABSENT:
        return LOCAL_ABSENT;
    case COMMAND_TIMED_OUT:
        return LOCAL_TIMED_OUT;
    case COMMAND_FAILED:
        return LOCAL_UNREADABLE;
    case COMMAND_DONE:
        break;
    }
    if (out->status == 0)
        return LOCAL_KNOWN;
    return speaks_of_rights(out->complaint) ? LOCAL_NOT_ALLOWED : LOCAL_UNREADABLE;
}
