#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sshsniff/ssh.h>

#include "banner_grab.h"
#include "plan.h"
#include "sockets.h"

#define CONNECT_US 3000000
/* A server that waits for the client's line first (balancers, port sharers) gets one after this silence. */
#define GREET_US 1000000
static const char greeting[] = "SSH-2.0-sshsniff_probe\r\n";

void grab_end(struct banner_grab *grab)
{
    if (grab->fd >= 0)
        close(grab->fd);
    grab->fd = -1;
}

static bool end(struct banner_grab *grab)
{
    grab_end(grab);
    return false;
}

/* Connections begin at ports of the probe's own range alone, so that whoever watches knows them for the probe's. A port
 * that an earlier connection has only just left may be taken again (SO_REUSEADDR), but not towards the same server
 * (TIME_WAIT): then the next one of its own. */
static bool connect_from(struct banner_grab *grab, const struct sockaddr_storage *to, socklen_t length, uint16_t port)
{
    grab->fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (grab->fd < 0)
        return false;
    if ((port == 0 || probe_bind(grab->fd, to->ss_family, port)) &&
        (connect(grab->fd, (const struct sockaddr *)to, length) == 0 || errno == EINPROGRESS))
        return true;
    int error = errno;
    grab_end(grab);
    errno = error;
    return false;
}

static bool is_taken(int error)
{
    return error == EADDRINUSE || error == EADDRNOTAVAIL;
}

static uint16_t local_port_of(int fd)
{
    struct sockaddr_in6 own = {0}; /* the port is at the same place in both families, and this is the larger */
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) != 0)
        return 0;
    return ntohs(own.sin6_port);
}

bool grab_start(struct banner_grab *grab, const struct address *target, uint32_t scope, uint16_t port,
                uint16_t local_port, int64_t wait_us, struct probe_service *service, int64_t now_us)
{
    struct sockaddr_storage to;
    socklen_t length = probe_sockaddr(target, scope, port, &to);
    *grab =
        (struct banner_grab){.service = service, .started_us = now_us, .wait_us = wait_us, .local_port = local_port};
    *service = (struct probe_service){.port = port};
    for (unsigned i = 0; i < PLAN_CONNECTION_TRIES; i++) {
        uint16_t own = local_port != 0 ? (uint16_t)(local_port + i * PLAN_CONNECTIONS) : 0;
        if (connect_from(grab, &to, length, own)) {
            grab->local_port = local_port_of(grab->fd);
            return true;
        }
        if (own == 0 || !is_taken(errno))
            break;
    }
    service->refused = errno == ECONNREFUSED;
    return false;
}

static bool connected(struct banner_grab *grab, int64_t now_us)
{
    struct pollfd poller = {.fd = grab->fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&poller, 1, 0) != 1)
        return now_us - grab->started_us < CONNECT_US || end(grab);
    if (getsockopt(grab->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        grab->service->refused = error == ECONNREFUSED;
        /* A SYN that is reset is refused; whoever resets later (tcp_reset) had accepted, be it a moment ago. */
        grab->service->accepted = grab->service->closed = error == ECONNRESET;
        return end(grab);
    }
    grab->service->accepted = true;
    grab->connected_us = now_us;
    return true;
}

static void first_line(struct banner_grab *grab)
{
    struct ssh_banner banner;
    enum ssh_opening opening = ssh_find_banner(grab->bytes, grab->length, true, &banner);
    struct probe_service *service = grab->service;
    if (opening == SSH_OPENING_BANNER) {
        service->is_ssh = true;
        memcpy(service->banner, banner.text, sizeof service->banner);
    } else {
        size_t n = 0;
        for (; n < grab->length && n + 1 < sizeof service->banner && grab->bytes[n] != '\n' && grab->bytes[n] != '\r';
             n++)
            service->banner[n] = grab->bytes[n] >= ' ' && grab->bytes[n] < 0x7f ? (char)grab->bytes[n] : '?';
        service->banner[n] = '\0';
    }
}

static bool read_some(struct banner_grab *grab, int64_t now_us)
{
    ssize_t n = recv(grab->fd, grab->bytes + grab->length, sizeof grab->bytes - grab->length, 0);
    if (n > 0) {
        if (grab->length == 0)
            grab->service->banner_us = now_us - grab->connected_us;
        grab->length += (size_t)n;
        grab->last_heard_us = now_us;
        first_line(grab);
        return (!grab->service->is_ssh && grab->length < sizeof grab->bytes) || end(grab);
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    grab->service->closed = true;
    return end(grab);
}

bool grab_step(struct banner_grab *grab, int64_t now_us)
{
    if (grab->fd < 0)
        return false;
    if (!grab->service->accepted && !connected(grab, now_us))
        return false;
    if (!grab->service->accepted)
        return true;
    if (!read_some(grab, now_us))
        return false;
    if (!grab->greeted && grab->length == 0 && now_us - grab->connected_us > GREET_US) {
        grab->greeted = true;
        if (send(grab->fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0)
            return errno == EAGAIN || end(grab);
    }
    /* Lines that drip are a tarpit's: a second one is worth some more patience. */
    int64_t patience = grab->length > 0 ? 2 * grab->wait_us : grab->wait_us;
    return now_us - grab->connected_us < patience || end(grab);
}
