#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { DATAGRAM = 32768 };

struct request {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

static bool ask(int fd, uint8_t family, unsigned state)
{
    struct request request = {
        .head = {.nlmsg_len = sizeof request,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << state},
    };
    return send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request;
}

static bool only_v6(const struct inet_diag_msg *m, size_t size)
{
    size_t left = size - sizeof *m;
    for (const struct rtattr *a = (const struct rtattr *)(m + 1); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(a) >= 1)
            return *(const uint8_t *)RTA_DATA(a) != 0;
    return false;
}

static struct address address_of(const struct inet_diag_msg *m, const __be32 *address)
{
    return m->idiag_family == AF_INET ? address_from_ipv4(address) : address_from_ipv6(address);
}

/* What is made of each socket of a list. */
typedef void take_socket(const struct inet_diag_msg *m, size_t size, void *context);

struct listing {
    uint16_t port;
    struct local_sockets *out;
};

static void take_listener(const struct inet_diag_msg *m, size_t size, void *context)
{
    const struct listing *listing = context;
    const uint16_t port = listing->port;
    struct local_sockets *out = listing->out;
    if (ntohs(m->id.idiag_sport) != port)
        return;
    /* Whether one that is bound to an interface takes a SYN depends on where that comes in. */
    if (out->listeners == LOCAL_LISTENERS || m->id.idiag_if != 0) {
        out->more = true;
        return;
    }
    out->listener[out->listeners++] = (struct local_listener){
        .address = address_of(m, m->id.idiag_src),
        .port = port,
        .v6_only = m->idiag_family == AF_INET6 && only_v6(m, size),
        .queue = m->idiag_rqueue,
        .queue_limit = m->idiag_wqueue,
        .socket = (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0],
    };
}

/* False once the list has ended. */
static bool take_datagram(const void *bytes, size_t length, take_socket *take, void *context, bool *failed)
{
    for (const struct nlmsghdr *h = bytes; NLMSG_OK(h, length); h = NLMSG_NEXT(h, length)) {
        if (h->nlmsg_type == NLMSG_DONE)
            return false;
        if (h->nlmsg_type == NLMSG_ERROR) {
            *failed = true;
            return false;
        }
        if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY && h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
            take(NLMSG_DATA(h), h->nlmsg_len - NLMSG_HDRLEN, context);
    }
    return true;
}

static bool list(int fd, uint8_t family, unsigned state, take_socket *take, void *context)
{
    static _Alignas(struct nlmsghdr) uint8_t bytes[DATAGRAM];
    bool failed = false;
    if (!ask(fd, family, state))
        return false;
    for (;;) {
        const ssize_t size = recv(fd, bytes, sizeof bytes, 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        if (!take_datagram(bytes, (size_t)size, take, context, &failed))
            return !failed;
    }
}

static int open_diag(void)
{
    const struct timeval limit = {.tv_usec = 200000};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

bool local_listeners_read(uint16_t port, struct local_sockets *out)
{
    struct listing listing = {port, out};
    memset(out, 0, sizeof *out);
    const int fd = open_diag();
    const bool done = fd >= 0 && list(fd, AF_INET, TCP_LISTEN, take_listener, &listing) &&
                      (list(fd, AF_INET6, TCP_LISTEN, take_listener, &listing) || errno == ENOENT);
    out->state = done ? LOCAL_KNOWN : errno == EPERM || errno == EACCES ? LOCAL_NOT_ALLOWED : LOCAL_UNREADABLE;
    if (fd >= 0)
        close(fd);
    out->read_us = wall_clock_us();
    return done;
}

static void put_address(__be32 out[4], const struct address *address)
{
    if (address_is_ipv4(address))
        memcpy(out, address->bytes + 12, 4);
    else
        memcpy(out, address->bytes, 16);
}

bool local_socket_user(const struct address *from, uint16_t from_port, const struct address *to, uint16_t to_port,
                       uint32_t *uid)
{
    struct request request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = address_is_ipv4(from) ? AF_INET : AF_INET6,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_states = UINT32_MAX,
                 .id = {.idiag_sport = htons(from_port),
                        .idiag_dport = htons(to_port),
                        .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
    };
    _Alignas(struct nlmsghdr) uint8_t bytes[2048];
    put_address(request.body.id.idiag_src, from);
    put_address(request.body.id.idiag_dst, to);
    const int fd = open_diag();
    ssize_t size = fd >= 0 && send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request
                       ? recv(fd, bytes, sizeof bytes, 0)
                       : -1;
    if (fd >= 0)
        close(fd);
    const struct nlmsghdr *h = (const struct nlmsghdr *)bytes;
    if (size < 0 || !NLMSG_OK(h, (size_t)size) || h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        h->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
        return false;
    *uid = ((const struct inet_diag_msg *)NLMSG_DATA(h))->idiag_uid;
    return true;
}

struct unsent_list {
    struct local_unsent *out;
    unsigned count;
};

static void take_unsent(const struct inet_diag_msg *m, size_t size, void *context)
{
    struct unsent_list *list_of = context;
    (void)size;
    if (m->idiag_retrans == 0 || list_of->count == UNSENT_MOST)
        return;
    list_of->out[list_of->count++] = (struct local_unsent){
        .from = address_of(m, m->id.idiag_src),
        .to = address_of(m, m->id.idiag_dst),
        .from_port = ntohs(m->id.idiag_sport),
        .to_port = ntohs(m->id.idiag_dport),
        .uid = m->idiag_uid,
        .socket = (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0],
    };
}

unsigned local_unsent_read(struct local_unsent out[UNSENT_MOST])
{
    struct unsent_list found = {out, 0};
    const int fd = open_diag();
    if (fd < 0)
        return 0;
    (void)list(fd, AF_INET, TCP_SYN_SENT, take_unsent, &found);
    (void)list(fd, AF_INET6, TCP_SYN_SENT, take_unsent, &found);
    close(fd);
    return found.count;
}
