#include "watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "report/utf8.h"

static struct source *volatile running; /* for the signal handler */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
    if (running != NULL)
        source_stop(running);
}

void watch_running(struct source *source)
{
    running = source;
}

void watch_stop_running(void)
{
    if (running != NULL)
        source_stop(running);
}

void watch_handle_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    /* The login by which it was started may be lost: what was found is not. nohup means that it goes on. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* `| head` must not cost the capture of -w its end */
}

bool watch_is_stopped(void)
{
    return stop_asked != 0;
}

void watch_clear_status(struct watch *watch)
{
    status_line_clear(&watch->status);
}

void watch_complain(struct watch *watch, const char *text)
{
    watch_clear_status(watch);
    char safe[SOURCE_ERROR_SIZE];
    snprintf(safe, sizeof safe, "%s", text);
    utf8_make_safe(safe);
    fprintf(stderr, "sshsniff: %s\n", safe);
    watch->trouble = true;
}

bool watch_reader_has_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return ferror(stdout) && poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

void watch_look_for_reader(struct watch *watch)
{
    if (ferror(stdout) && running != NULL) {
        watch->reader_gone = true;
        source_stop(running);
    }
}
