#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/netlink.h"

enum { PATIENCE_MS = 200 };

struct request {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

static struct address address_of(const struct inet_diag_msg *m, const __be32 *address)
{
    return m->idiag_family == AF_INET ? address_from_ipv4(address) : address_from_ipv6(address);
}

/* The kernel's own, which another socket never has. */
static uint64_t number_of(const struct inet_diag_msg *m)
{
    return (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0];
}

struct listing {
    uint16_t port;
    struct local_sockets *out;
};

/* False where the message is no socket's. */
static bool is_socket(uint16_t type, const uint8_t *payload, size_t length, struct inet_diag_msg *out)
{
    if (type != SOCK_DIAG_BY_FAMILY || length < sizeof *out)
        return false;
    memcpy(out, payload, sizeof *out);
    return true;
}

static bool take_listener(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    const struct listing *listing = context;
    struct inet_diag_msg m;
    const uint16_t port = listing->port;
    struct local_sockets *out = listing->out;
    if (!is_socket(type, payload, length, &m) || ntohs(m.id.idiag_sport) != port)
        return true;
    /* Whether one that is bound to an interface takes a SYN depends on where that comes in. */
    if (out->listeners == LOCAL_LISTENERS || m.id.idiag_if != 0) {
        out->more = true;
        return true;
    }
    out->listener[out->listeners++] = (struct local_listener){
        .address = address_of(&m, m.id.idiag_src),
        .port = port,
        .v6_only = m.idiag_family == AF_INET6 && netlink_tcp_v6_only(payload + sizeof m, length - sizeof m),
        .queue = m.idiag_rqueue,
        .queue_limit = m.idiag_wqueue,
        .socket = number_of(&m),
    };
    return true;
}

bool local_listeners_read(uint16_t port, struct local_sockets *out)
{
    struct listing listing = {port, out};
    memset(out, 0, sizeof *out);
    const int fd = netlink_open(NETLINK_SOCK_DIAG, PATIENCE_MS);
    const bool done =
        fd >= 0 && netlink_list_tcp(fd, AF_INET, TCP_LISTEN, take_listener, &listing) == NETLINK_WHOLE &&
        (netlink_list_tcp(fd, AF_INET6, TCP_LISTEN, take_listener, &listing) == NETLINK_WHOLE || errno == ENOENT);
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

/* Into a struct inet_diag_msg; no more of them are wanted. */
static bool take_first(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    (void)is_socket(type, payload, length, context);
    return false;
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
    uint8_t bytes[2048];
    struct inet_diag_msg found = {0};
    put_address(request.body.id.idiag_src, from);
    put_address(request.body.id.idiag_dst, to);
    const int fd = netlink_open(NETLINK_SOCK_DIAG, PATIENCE_MS);
    const ssize_t size = fd >= 0 ? netlink_ask(fd, &request, sizeof request, bytes, sizeof bytes) : -1;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return false;
    (void)netlink_walk(bytes, (size_t)size, take_first, &found);
    *uid = found.idiag_uid;
    return found.idiag_family != 0;
}

struct unsent_list {
    struct local_unsent *out;
    unsigned count;
};

static bool take_unsent(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct unsent_list *list = context;
    struct inet_diag_msg m;
    if (!is_socket(type, payload, length, &m) || m.idiag_retrans == 0 || list->count == UNSENT_MOST)
        return true;
    list->out[list->count++] = (struct local_unsent){
        .from = address_of(&m, m.id.idiag_src),
        .to = address_of(&m, m.id.idiag_dst),
        .from_port = ntohs(m.id.idiag_sport),
        .to_port = ntohs(m.id.idiag_dport),
        .uid = m.idiag_uid,
        .socket = number_of(&m),
    };
    return true;
}

unsigned local_unsent_read(struct local_unsent out[UNSENT_MOST])
{
    struct unsent_list found = {out, 0};
    const int fd = netlink_open(NETLINK_SOCK_DIAG, PATIENCE_MS);
    if (fd < 0)
        return 0;
    (void)netlink_list_tcp(fd, AF_INET, TCP_SYN_SENT, take_unsent, &found);
    (void)netlink_list_tcp(fd, AF_INET6, TCP_SYN_SENT, take_unsent, &found);
    close(fd);
    return found.count;
}
