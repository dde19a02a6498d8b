#include "local.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "os/confine.h"
#include "os/privilege.h"

#define BUDGET_MOST_MS 10000
#define NAME_LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+$"

struct local_reply {
    struct local_request asked;
    struct local_facts facts;
};

/* ---- The helper ---- */

bool local_begin(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    const struct confinement wanted = {
        .kind = PROCESS_LOCAL, .folder = {"/"}, .output = -1, .channel = channel, .capture = -1};
    const int size = 4 * (int)sizeof(struct local_reply);
    struct privilege now;
    struct confined got;
    signal(SIGINT, SIG_IGN); /* the one who asks says when it ends: by closing the channel */
    signal(SIGPIPE, SIG_IGN);
    (void)setsockopt(channel, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return privilege_drop_but_looking(context, &now, error) && confine(&wanted, &got, error);
}

/* A name goes to tools as a word of their command line, and into lists with commas and signs of equality. */
static bool is_name(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL && text[0] != '-' && text[strspn(text, NAME_LETTERS)] == '\0';
}

bool local_request_is_sound(const struct local_request *request)
{
    const struct local_question *q = &request->question;
    return request->parts != 0 && (request->parts & ~(uint32_t)LOCAL_PARTS_ALL) == 0 &&
           request->budget_ms <= BUDGET_MOST_MS && is_name(q->user, sizeof q->user) &&
           memchr(q->interface, '\0', sizeof q->interface) != NULL && strchr(q->interface, '/') == NULL &&
           q->interface[0] != '-' && q->interface[0] != '.';
}

static bool listen_for(int channel, struct local_request *out)
{
    for (;;) {
        ssize_t size = recv(channel, out, sizeof *out, MSG_TRUNC);
        if (size == 0 || (size < 0 && errno != EINTR))
            return false;
        if (size == (ssize_t)sizeof *out && local_request_is_sound(out))
            return true;
    }
}

static void serve(void *context, int channel)
{
    static struct local_reply reply;
    (void)context;
    while (listen_for(channel, &reply.asked)) {
        local_read(&reply.asked.question, reply.asked.parts, reply.asked.budget_ms, &reply.facts);
        if (send(channel, &reply, sizeof reply, MSG_NOSIGNAL) != (ssize_t)sizeof reply)
            return;
        while (waitpid(-1, NULL, WNOHANG) > 0) /* tools that took their time to die */
            ;
    }
}

static const struct helper_duty duty = {"--local", local_begin, serve};

/* ---- The one who asks ---- */

bool local_start(struct helper *helper, const char *user, char error[HELPER_ERROR_SIZE])
{
    char account[IDENTITY_NAME_SIZE] = "";
    if (user != NULL)
        snprintf(account, sizeof account, "%s", user);
    return helper_start(helper, &duty, user != NULL ? account : NULL, error);
}

bool local_ask(const struct helper *helper, const struct local_request *request)
{
    return helper->channel >= 0 &&
           send(helper->channel, request, sizeof *request, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *request;
}

static bool comes(int channel, int wait_ms)
{
    struct pollfd poller = {.fd = channel, .events = POLLIN};
    const int64_t until_us = monotonic_us() + (int64_t)wait_ms * 1000;
    for (;;) {
        const int64_t left_us = until_us - monotonic_us();
        const int ready = poll(&poller, 1, wait_ms < 0 ? -1 : left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
        if (ready >= 0 || errno != EINTR)
            return ready != 0;
    }
}

int local_hear(const struct helper *helper, int wait_ms, struct local_request *asked, struct local_facts *out)
{
    static struct local_reply reply;
    if (helper->channel < 0)
        return -1;
    if (!comes(helper->channel, wait_ms))
        return 0;
    ssize_t size = recv(helper->channel, &reply, sizeof reply, MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (size != (ssize_t)sizeof reply)
        return -1;
    *asked = reply.asked;
    *out = reply.facts;
    local_make_sound(out);
    return 1;
}
