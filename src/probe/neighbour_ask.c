/* ARP requests (RFC 826) and neighbour solicitations (RFC 4861 section 4.3) of the probe's own. */
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "neighbour_ask.h"
#include "sockets.h"

enum { MAC = 6, ND_HOPS = 255 };

/* False where the link has no MAC addresses. */
static bool read_own_mac(struct neighbour_ask *ask)
{
    struct ifreq request = {0};
    if (if_indextoname(ask->ifindex, request.ifr_name) == NULL || ioctl(ask->fd, SIOCGIFHWADDR, &request) != 0 ||
        request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return false;
    memcpy(ask->own_mac, request.ifr_hwaddr.sa_data, MAC);
    return true;
}

static int open_nd_socket(unsigned ifindex)
{
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    int hops = ND_HOPS, interface = (int)ifindex;
    struct icmp6_filter nothing; /* what comes is read from the capture */
    if (fd < 0)
        return -1;
    ICMP6_FILTER_SETBLOCKALL(&nothing);
    (void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &nothing, sizeof nothing);
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface, sizeof interface);
    return fd;
}

void neighbour_ask_open(struct neighbour_ask *ask, const struct address *source, const struct address *target,
                        unsigned ifindex)
{
    *ask = (struct neighbour_ask){.ifindex = ifindex, .source = *source, .target = *target};
    ask->fd = address_is_ipv4(target) ? socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
                                      : open_nd_socket(ifindex); /* neither receives anything */
    if (ask->fd >= 0 && !read_own_mac(ask)) {
        close(ask->fd);
        ask->fd = -1;
    }
}

static void send_arp(const struct neighbour_ask *ask)
{
    struct sockaddr_ll everybody = {.sll_family = AF_PACKET,
                                    .sll_protocol = htons(ETHERTYPE_ARP),
                                    .sll_ifindex = (int)ask->ifindex,
                                    .sll_halen = MAC,
                                    .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    /* Ethernet and IPv4, six and four bytes, a request; then who asks, and for whom. */
    uint8_t request[28] = {0, 1, 8, 0, MAC, 4, 0, 1};
    memcpy(request + 8, ask->own_mac, MAC);
    memcpy(request + 14, ask->source.bytes + 12, 4);
    memcpy(request + 24, ask->target.bytes + 12, 4);
    (void)sendto(ask->fd, request, sizeof request, 0, (struct sockaddr *)&everybody, sizeof everybody);
}

static void send_solicitation(const struct neighbour_ask *ask)
{
    /* The group of those whose address ends in these three bytes (RFC 4291 section 2.7.1). */
    struct address group = {{0xff, 2, [11] = 1, 0xff}};
    struct sockaddr_storage to;
    uint8_t request[32] = {ND_NEIGHBOR_SOLICIT, [24] = ND_OPT_SOURCE_LINKADDR, [25] = 1};
    memcpy(group.bytes + 13, ask->target.bytes + 13, 3);
    memcpy(request + 8, ask->target.bytes, 16);
    memcpy(request + 26, ask->own_mac, MAC);
    socklen_t size = probe_sockaddr(&group, ask->ifindex, 0, &to);
    (void)sendto(ask->fd, request, sizeof request, 0, (struct sockaddr *)&to, size);
}

void neighbour_ask_send(const struct neighbour_ask *ask)
{
    if (ask->fd < 0)
        return;
    if (address_is_ipv4(&ask->target))
        send_arp(ask);
    else
        send_solicitation(ask);
}
