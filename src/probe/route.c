/* Which address and interface packets to the target leave by, as the kernel routes them: nothing is sent to find out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sshsniff/probe.h>

#include "sockets.h"

socklen_t probe_sockaddr(const struct address *address, uint32_t scope, uint16_t port, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address_is_ipv4(address)) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, address->bytes + 12, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    in6->sin6_scope_id = scope;
    memcpy(&in6->sin6_addr, address->bytes, 16);
    return sizeof *in6;
}

bool probe_bind(int fd, int family, uint16_t port)
{
    struct address any = {{0}};
    struct sockaddr_storage own;
    int on = 1;
    if (family == AF_INET)
        any = address_from_ipv4("\0\0\0\0");
    socklen_t size = probe_sockaddr(&any, 0, port, &own);
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(fd, (struct sockaddr *)&own, size) == 0;
}

struct address probe_address(const struct sockaddr *from)
{
    struct address none = {{0}};
    if (from == NULL)
        return none;
    if (from->sa_family == AF_INET)
        return address_from_ipv4(&((const struct sockaddr_in *)from)->sin_addr);
    if (from->sa_family == AF_INET6)
        return address_from_ipv6(&((const struct sockaddr_in6 *)from)->sin6_addr);
    return none;
}

static bool ask_source(const struct address *target, uint32_t scope, struct address *source)
{
    struct sockaddr_storage to, from = {0};
    socklen_t length = probe_sockaddr(target, scope, 22, &to), from_length = sizeof from;
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool known = fd >= 0 && connect(fd, (struct sockaddr *)&to, length) == 0 &&
                 getsockname(fd, (struct sockaddr *)&from, &from_length) == 0;
    int error = errno;
    if (known)
        *source = probe_address((struct sockaddr *)&from);
    if (fd >= 0)
        close(fd);
    errno = error;
    return known;
}

bool route_is_missing(int error)
{
    return error == ENETUNREACH || error == EHOSTUNREACH;
}

static bool same_network(const struct address *a, const struct address *b, const struct sockaddr *mask)
{
    struct address m = probe_address(mask);
    size_t from = address_is_ipv4(a) ? 12 : 0;
    if (address_is_ipv4(a) != address_is_ipv4(b) || mask == NULL)
        return false;
    for (size_t i = from; i < 16; i++)
        if ((a->bytes[i] ^ b->bytes[i]) & m.bytes[i])
            return false;
    return true;
}

/* Of several interfaces with one address, the first: a capture there sees the packets or the probe says that it saw
 * none. */
bool probe_route_find(const struct address *target, uint32_t scope, struct probe_route *out,
                      char error[PROBE_ERROR_SIZE])
{
    char text[ADDRESS_TEXT_SIZE];
    struct ifaddrs *list = NULL;
    const char *first = NULL;
    memset(out, 0, sizeof *out);
    if (!ask_source(target, scope, &out->source)) {
        int why = errno;
        if (why == EACCES) /* connect(2): a broadcast address */
            snprintf(error, PROBE_ERROR_SIZE, "%s: a broadcast address is many hosts; give one host",
                     address_text(target, text));
        else if (why == EINVAL && scope == 0 && IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)target->bytes))
            snprintf(error, PROBE_ERROR_SIZE,
                     "%s: a link-local address is good on one link only; name its interface, as in %s%%eth0",
                     address_text(target, text), text);
        else
            snprintf(error, PROBE_ERROR_SIZE, "%s: this machine has no route there (%s); look at ip route get %s",
                     address_text(target, text), strerror(why), text);
        errno = why;
        return false;
    }
    strcpy(out->interface, "any");
    if (getifaddrs(&list) != 0)
        return true;
    for (const struct ifaddrs *at = list; at != NULL; at = at->ifa_next) {
        struct address own = probe_address(at->ifa_addr);
        if (address_is_none(&own))
            continue;
        out->local |= address_equal(&own, target);
        bool up = (at->ifa_flags & (IFF_UP | IFF_RUNNING | IFF_LOOPBACK)) == (IFF_UP | IFF_RUNNING);
        if (up && (first == NULL || strcmp(first, at->ifa_name) == 0))
            first = at->ifa_name;
        else
            out->others |= up;
        if (!address_equal(&own, &out->source) || out->ifindex != 0)
            continue;
        snprintf(out->interface, sizeof out->interface, "%s", at->ifa_name);
        out->ifindex = if_nametoindex(at->ifa_name);
        out->near = same_network(&own, target, at->ifa_netmask);
    }
    freeifaddrs(list);
    if (out->local)
        strcpy(out->interface, "lo");
    return true;
}
