#include "netlink.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Under a flood there may be more sockets than anybody wants to wait for. */
enum { DATAGRAM = 32768, DATAGRAMS_MOST = 512 };

int netlink_open(int protocol, unsigned patience_ms)
{
    const struct timeval patience = {.tv_sec = patience_ms / 1000, .tv_usec = patience_ms % 1000 * 1000};
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (netlink >= 0)
        (void)setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return netlink;
}

bool netlink_walk(const void *datagram, size_t length, netlink_taker *take, void *context)
{
    const uint8_t *at = datagram;
    struct nlmsghdr header;
    while (length >= sizeof header) {
        memcpy(&header, at, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length || header.nlmsg_type == NLMSG_DONE ||
            header.nlmsg_type == NLMSG_ERROR)
            return false;
        if (!take(context, header.nlmsg_type, at + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN))
            return false;
        const size_t step = NLMSG_ALIGN(header.nlmsg_len) < length ? NLMSG_ALIGN(header.nlmsg_len) : length;
        at += step;
        length -= step;
    }
    return true;
}

static ssize_t receive(int netlink, void *out, size_t room)
{
    ssize_t length;
    do
        length = recv(netlink, out, room, 0);
    while (length < 0 && errno == EINTR);
    return length;
}

/* Of a datagram with which a list ended. */
static enum netlink_end end_of(const uint8_t *datagram, size_t length)
{
    struct nlmsghdr header;
    int error;
    if (length < NLMSG_HDRLEN + sizeof error)
        return NETLINK_WHOLE;
    memcpy(&header, datagram, sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR)
        return NETLINK_WHOLE;
    memcpy(&error, datagram + NLMSG_HDRLEN, sizeof error);
    errno = -error;
    return NETLINK_REFUSED;
}

enum netlink_end netlink_list(int netlink, const void *question, size_t size, netlink_taker *take, void *context)
{
    static uint8_t datagram[DATAGRAM];
    if (send(netlink, question, size, 0) != (ssize_t)size)
        return NETLINK_SILENT;
    for (unsigned i = 0; i < DATAGRAMS_MOST; i++) {
        const ssize_t length = receive(netlink, datagram, sizeof datagram);
        if (length <= 0)
            return NETLINK_SILENT;
        if (!netlink_walk(datagram, (size_t)length, take, context))
            return end_of(datagram, (size_t)length);
    }
    return NETLINK_SILENT;
}

ssize_t netlink_ask(int netlink, const void *question, size_t size, void *answer, size_t room)
{
    return send(netlink, question, size, 0) == (ssize_t)size ? receive(netlink, answer, room) : -1;
}

enum netlink_end netlink_list_tcp(int netlink, uint8_t family, unsigned state, netlink_taker *take, void *context)
{
    const struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question = {
        .header = {.nlmsg_len = sizeof question,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << state},
    };
    return netlink_list(netlink, &question, sizeof question, take, context);
}

bool netlink_tcp_v6_only(const uint8_t *attributes, size_t length)
{
    struct nlattr attribute;
    for (size_t at = 0; length - at >= sizeof attribute && at < length;) {
        memcpy(&attribute, attributes + at, sizeof attribute);
        if (attribute.nla_len < sizeof attribute || attribute.nla_len > length - at)
            return false;
        if (attribute.nla_type == INET_DIAG_SKV6ONLY && attribute.nla_len > sizeof attribute)
            return attributes[at + sizeof attribute] != 0;
        const size_t step = NLA_ALIGN(attribute.nla_len);
        at = step < length - at ? at + step : length;
    }
    return false;
}
