#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sshsniff/ssh.h>

#include "sockets.h"
#include "talk.h"

#define CONNECT_US 3000000
/* A server that waits for the client's line first (balancers, port sharers) gets one after this silence. */
#define GREET_US 1000000
static const char greeting[] = "SSH-2.0-sshsniff_probe\r\n";

int64_t probe_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void talk_end(struct talk *talk)
{
    if (talk->fd >= 0)
        close(talk->fd);
    talk->fd = -1;
}

static bool end(struct talk *talk)
{
    talk_end(talk);
    return false;
}

/* A port of the probe's own range, so that whoever watches knows the connection for the probe's; another one where it
 * is taken. */
static void ask_local_port(struct talk *talk, const struct sockaddr_storage *to)
{
    struct address any = {{0}};
    struct sockaddr_storage own;
    if (to->ss_family == AF_INET)
        any = address_from_ipv4("\0\0\0\0");
    socklen_t size = probe_sockaddr(&any, 0, talk->local_port, &own);
    if (talk->local_port != 0)
        (void)bind(talk->fd, (struct sockaddr *)&own, size);
}

static uint16_t told_local_port(int fd)
{
    struct sockaddr_in6 own = {0}; /* the port is at the same place in both families, and this is the larger */
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) != 0)
        return 0;
    return ntohs(own.sin6_port);
}

bool talk_start(struct talk *talk, const struct address *target, uint32_t scope, uint16_t port, uint16_t local_port,
                int64_t wait_us, struct probe_service *service, int64_t now_us)
{
    struct sockaddr_storage to;
    socklen_t length = probe_sockaddr(target, scope, port, &to);
    *talk = (struct talk){.service = service, .started_us = now_us, .wait_us = wait_us, .local_port = local_port};
    *service = (struct probe_service){.port = port};
    talk->fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (talk->fd < 0)
        return false;
    ask_local_port(talk, &to);
    if (connect(talk->fd, (struct sockaddr *)&to, length) == 0 || errno == EINPROGRESS) {
        talk->local_port = told_local_port(talk->fd);
        return true;
    }
    service->refused = errno == ECONNREFUSED;
    return end(talk);
}

static bool connected(struct talk *talk, int64_t now_us)
{
    struct pollfd poller = {.fd = talk->fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&poller, 1, 0) != 1)
        return now_us - talk->started_us < CONNECT_US || end(talk);
    if (getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        talk->service->refused = error == ECONNREFUSED;
        /* A SYN that is reset is refused; whoever resets later (tcp_reset) had accepted, be it a moment ago. */
        talk->service->accepted = talk->service->closed = error == ECONNRESET;
        return end(talk);
    }
    talk->service->accepted = true;
    talk->connected_us = now_us;
    return true;
}

static void first_line(struct talk *talk)
{
    struct ssh_banner banner;
    enum ssh_opening opening = ssh_find_banner(talk->bytes, talk->length, true, &banner);
    struct probe_service *service = talk->service;
    if (opening == SSH_OPENING_BANNER) {
        service->is_ssh = true;
        memcpy(service->banner, banner.text, sizeof service->banner);
    } else {
        size_t n = 0;
        for (; n < talk->length && n + 1 < sizeof service->banner && talk->bytes[n] != '\n' && talk->bytes[n] != '\r';
             n++)
            service->banner[n] = talk->bytes[n] >= ' ' && talk->bytes[n] < 0x7f ? (char)talk->bytes[n] : '?';
        service->banner[n] = '\0';
    }
}

static bool hear(struct talk *talk, int64_t now_us)
{
    ssize_t n = recv(talk->fd, talk->bytes + talk->length, sizeof talk->bytes - talk->length, 0);
    if (n > 0) {
        if (talk->length == 0)
            talk->service->banner_us = now_us - talk->connected_us;
        talk->length += (size_t)n;
        talk->last_heard_us = now_us;
        first_line(talk);
        return (!talk->service->is_ssh && talk->length < sizeof talk->bytes) || end(talk);
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    talk->service->closed = true;
    return end(talk);
}

bool talk_step(struct talk *talk, int64_t now_us)
{
    if (talk->fd < 0)
        return false;
    if (!talk->service->accepted && !connected(talk, now_us))
        return false;
    if (!talk->service->accepted)
        return true;
    if (!hear(talk, now_us))
        return false;
    if (!talk->greeted && talk->length == 0 && now_us - talk->connected_us > GREET_US) {
        talk->greeted = true;
        if (send(talk->fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0)
            return errno == EAGAIN || end(talk);
    }
    /* Lines that drip are a tarpit's: a second one is worth some more patience. */
    int64_t patience = talk->length > 0 ? 2 * talk->wait_us : talk->wait_us;
    return now_us - talk->connected_us < patience || end(talk);
}
