#include "helper.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"

bool helper_listen(int channel, struct helper_request *out)
{
    for (;;) {
        ssize_t size = recv(channel, out, sizeof *out, MSG_TRUNC);
        if (size == 0 || (size < 0 && errno != EINTR))
            return false;
        if (size == (ssize_t)sizeof *out && out->question > HELPER_READY && out->question < HELPER_QUESTIONS)
            return true;
    }
}

bool helper_tell(int channel, const struct helper_answer *answer)
{
    return send(channel, answer, sizeof *answer, MSG_NOSIGNAL) == (ssize_t)sizeof *answer;
}

bool helper_ask(const struct helper *helper, const struct helper_request *request)
{
    return helper->channel >= 0 &&
           send(helper->channel, request, sizeof *request, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *request;
}

int helper_hear(const struct helper *helper, bool wait, struct helper_answer *out)
{
    ssize_t size;
    do
        size = recv(helper->channel, out, sizeof *out, MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
    while (size < 0 && errno == EINTR && wait);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (size != (ssize_t)sizeof *out)
        return -1;
    out->text[sizeof out->text - 1] = '\0';
    return 1;
}

static void in_child(const struct helper_duty *duty, void *context, int channel)
{
    struct helper_answer ready = {.question = HELPER_READY, .number = 0};
    char error[HELPER_ERROR_SIZE] = "";
    descriptors_close_others(STDERR_FILENO + 1, channel);
    if (!duty->begin(context, channel, error)) {
        ready.number = -1;
        snprintf(ready.text, sizeof ready.text, "%s", error);
    }
    if (helper_tell(channel, &ready) && ready.number == 0)
        duty->serve(context, channel);
    _exit(0);
}

static bool is_ready(struct helper *helper, const struct helper_duty *duty, char *error)
{
    struct helper_answer answer;
    int heard = helper_hear(helper, true, &answer);
    if (heard == 1 && answer.question == HELPER_READY && answer.number == 0)
        return true;
    snprintf(error, HELPER_ERROR_SIZE, "%s: %.200s", duty->name,
             heard == 1 && answer.text[0] != '\0' ? answer.text : "its process ended before it began");
    helper_end(helper);
    return false;
}

bool helper_start(struct helper *helper, const struct helper_duty *duty, void *context, char error[HELPER_ERROR_SIZE])
{
    int ends[2];
    *helper = (struct helper){-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        snprintf(error, HELPER_ERROR_SIZE, "%s: %s", duty->name, strerror(errno));
        return false;
    }
    fflush(NULL);
    helper->process = fork();
    if (helper->process == 0)
        in_child(duty, context, ends[1]);
    close(ends[1]);
    helper->channel = ends[0];
    if (helper->process > 0)
        return is_ready(helper, duty, error);
    snprintf(error, HELPER_ERROR_SIZE, "%s: cannot start a process: %s", duty->name, strerror(errno));
    close(ends[0]);
    helper->channel = -1;
    return false;
}

static void let_end(struct helper *helper)
{
    if (helper->channel >= 0)
        close(helper->channel);
    helper->channel = -1;
}

void helper_end(struct helper *helper)
{
    let_end(helper);
    if (helper->process > 0)
        while (waitpid(helper->process, NULL, 0) < 0 && errno == EINTR)
            ;
    helper->process = -1;
}

bool helper_end_within(struct helper *helper, int64_t most_us)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    const int64_t until_us = monotonic_us() + most_us;
    let_end(helper);
    while (helper->process > 0 && waitpid(helper->process, NULL, WNOHANG) == 0) {
        if (monotonic_us() >= until_us)
            return false;
        nanosleep(&moment, NULL);
    }
    helper->process = -1;
    return true;
}
