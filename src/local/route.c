#include "route.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/netlink.h"

enum { PATIENCE_MS = 100 };

struct request {
    struct nlmsghdr head;
    struct rtmsg body;
    struct rtattr attribute;
    uint8_t address[16];
};

static struct request request_for(const struct address *to)
{
    const bool v4 = address_is_ipv4(to);
    const uint8_t bytes = v4 ? 4 : 16;
    struct request request = {
        .head = {.nlmsg_len = (uint32_t)(offsetof(struct request, address) + bytes),
                 .nlmsg_type = RTM_GETROUTE,
                 .nlmsg_flags = NLM_F_REQUEST},
        .body = {.rtm_family = v4 ? AF_INET : AF_INET6, .rtm_dst_len = (uint8_t)(bytes * 8)},
        .attribute = {.rta_len = (uint16_t)RTA_LENGTH(bytes), .rta_type = RTA_DST},
    };
    memcpy(request.address, to->bytes + (v4 ? 12 : 0), bytes);
    return request;
}

static bool take(const void *bytes, size_t length, char interface[16])
{
    const struct nlmsghdr *h = bytes;
    if (!NLMSG_OK(h, length) || h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)))
        return false;
    const struct rtmsg *route = NLMSG_DATA(h);
    size_t left = RTM_PAYLOAD(h);
    for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) >= sizeof(uint32_t)) {
            uint32_t index;
            memcpy(&index, RTA_DATA(a), sizeof index);
            return if_indextoname(index, interface) != NULL;
        }
    return false;
}

bool local_route_interface(const struct address *to, char interface[16])
{
    const struct request request = request_for(to);
    _Alignas(struct nlmsghdr) uint8_t bytes[4096];
    const int fd = netlink_open(NETLINK_ROUTE, PATIENCE_MS);
    interface[0] = '\0';
    if (fd < 0)
        return false;
    const ssize_t size = netlink_ask(fd, &request, request.head.nlmsg_len, bytes, sizeof bytes);
    close(fd);
    const bool found = size > 0 && take(bytes, (size_t)size, interface);
    if (!found)
        interface[0] = '\0';
    return found;
}
