#include "neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/netlink.h"

enum neighbour neighbour_take(const void *bytes, size_t length)
{
    struct nlmsghdr header;
    struct ndmsg message;
    int error;
    if (length < sizeof header)
        return NEIGHBOUR_NOT_TOLD;
    memcpy(&header, bytes, sizeof header);
    if (header.nlmsg_len > length || header.nlmsg_len < NLMSG_HDRLEN)
        return NEIGHBOUR_NOT_TOLD;
    const uint8_t *payload = (const uint8_t *)bytes + NLMSG_HDRLEN;
    const size_t size = header.nlmsg_len - NLMSG_HDRLEN;
    if (header.nlmsg_type == NLMSG_ERROR && size >= sizeof error) {
        memcpy(&error, payload, sizeof error);
        return error == -ENOENT ? NEIGHBOUR_UNKNOWN : NEIGHBOUR_NOT_TOLD;
    }
    if (header.nlmsg_type != RTM_NEWNEIGH || size < sizeof message)
        return NEIGHBOUR_NOT_TOLD;
    memcpy(&message, payload, sizeof message);
    if ((message.ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) != 0)
        return NEIGHBOUR_SILENT;
    return message.ndm_state == NUD_NONE ? NEIGHBOUR_UNKNOWN : NEIGHBOUR_ANSWERS;
}

enum neighbour neighbour_of(const struct address *address, uint32_t interface)
{
    const bool v4 = address_is_ipv4(address);
    const size_t size = v4 ? 4 : 16;
    uint8_t buffer[4096];
    struct {
        struct nlmsghdr header;
        struct ndmsg request;
        struct rtattr attribute;
        uint8_t address[16];
    } q = {
        .header = {.nlmsg_type = RTM_GETNEIGH, .nlmsg_flags = NLM_F_REQUEST},
        .request = {.ndm_family = v4 ? AF_INET : AF_INET6, .ndm_ifindex = (int)interface},
        .attribute = {.rta_len = (unsigned short)(sizeof q.attribute + size), .rta_type = NDA_DST},
    };
    q.header.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof q.request) + q.attribute.rta_len);
    memcpy(q.address, address->bytes + (v4 ? 12 : 0), size);
    int netlink = netlink_open(NETLINK_ROUTE, 1000);
    if (netlink < 0)
        return NEIGHBOUR_NOT_TOLD;
    const ssize_t length = netlink_ask(netlink, &q, q.header.nlmsg_len, buffer, sizeof buffer);
    close(netlink);
    return length > 0 ? neighbour_take(buffer, (size_t)length) : NEIGHBOUR_NOT_TOLD;
}
