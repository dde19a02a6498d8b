#include "waiting.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Under a flood of SYNs there may be more than anybody wants to wait for. */
#define DATAGRAMS_MOST 512

static struct address address_of(const struct inet_diag_msg *message, const void *bytes)
{
    return message->idiag_family == AF_INET ? address_from_ipv4(bytes) : address_from_ipv6(bytes);
}

static void take_one(struct waiting *waiting, const uint8_t *payload, size_t length)
{
    struct inet_diag_msg message;
    if (length < sizeof message)
        return;
    memcpy(&message, payload, sizeof message);
    const struct address from = address_of(&message, message.id.idiag_dst);
    if (message.idiag_state != TCP_SYN_RECV || message.idiag_retrans == 0 || !address_equal(&from, &waiting->client) ||
        (waiting->port != 0 && ntohs(message.id.idiag_sport) != waiting->port))
        return;
    waiting->unanswered++;
    waiting->asked_at = address_of(&message, message.id.idiag_src);
}

bool waiting_take(struct waiting *waiting, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    struct nlmsghdr header;
    while (length >= sizeof header) {
        memcpy(&header, at, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length || header.nlmsg_type == NLMSG_DONE ||
            header.nlmsg_type == NLMSG_ERROR)
            return false;
        if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY)
            take_one(waiting, at + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
        const size_t step = NLMSG_ALIGN(header.nlmsg_len) < length ? NLMSG_ALIGN(header.nlmsg_len) : length;
        at += step;
        length -= step;
    }
    return true;
}

/* Connections of IPv4 to a socket of both families are listed with those of IPv6. */
static bool read_family(int netlink, uint8_t family, struct waiting *waiting)
{
    static uint8_t buffer[32768];
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {.nlmsg_len = sizeof message,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << TCP_SYN_RECV},
    };
    if (send(netlink, &message, sizeof message, 0) != (ssize_t)sizeof message)
        return false;
    for (unsigned i = 0; i < DATAGRAMS_MOST; i++) {
        ssize_t length = recv(netlink, buffer, sizeof buffer, 0);
        if (length <= 0)
            return false;
        if (!waiting_take(waiting, buffer, (size_t)length))
            return true;
    }
    return false;
}

bool waiting_read(struct waiting *waiting)
{
    const struct timeval patience = {.tv_sec = 1};
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0)
        return false;
    (void)setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const bool v4 = !address_is_ipv4(&waiting->client) || read_family(netlink, AF_INET, waiting);
    const bool done = v4 && read_family(netlink, AF_INET6, waiting);
    close(netlink);
    return done;
}
