#include "waiting.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/netlink.h"

static struct address address_of(const struct inet_diag_msg *message, const void *bytes)
{
    return message->idiag_family == AF_INET ? address_from_ipv4(bytes) : address_from_ipv6(bytes);
}

static bool take_one(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct waiting *waiting = context;
    struct inet_diag_msg message;
    if (type != SOCK_DIAG_BY_FAMILY || length < sizeof message)
        return true;
    memcpy(&message, payload, sizeof message);
    const struct address from = address_of(&message, message.id.idiag_dst);
    if (message.idiag_state != TCP_SYN_RECV || message.idiag_retrans == 0 || !address_equal(&from, &waiting->client) ||
        (waiting->port != 0 && ntohs(message.id.idiag_sport) != waiting->port))
        return true;
    waiting->unanswered++;
    waiting->asked_at = address_of(&message, message.id.idiag_src);
    return true;
}

bool waiting_take(struct waiting *waiting, const void *bytes, size_t length)
{
    return netlink_walk(bytes, length, take_one, waiting);
}

bool waiting_read(struct waiting *waiting)
{
    int netlink = netlink_open(NETLINK_SOCK_DIAG, 1000);
    if (netlink < 0)
        return false;
    const bool v4 = !address_is_ipv4(&waiting->client) ||
                    netlink_list_tcp(netlink, AF_INET, TCP_SYN_RECV, take_one, waiting) != NETLINK_SILENT;
    const bool done = v4 && netlink_list_tcp(netlink, AF_INET6, TCP_SYN_RECV, take_one, waiting) != NETLINK_SILENT;
    close(netlink);
    return done;
}
