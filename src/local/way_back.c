/* Where an answer to the client leaves this machine. */
#include "way_back.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "links.h"
#include "neighbour.h"
#include "os/netlink.h"
#include "parts.h"
#include "proc.h"
#include "waiting.h"

/* ---- The kernel's answer ---- */

static struct address take_address(const uint8_t *value, size_t length)
{
    static const struct address none;
    return length == 4 ? address_from_ipv4(value) : length == 16 ? address_from_ipv6(value) : none;
}

static void take_attribute(struct route_answer *out, unsigned type, const uint8_t *value, size_t length)
{
    if (type == RTA_OIF && length == sizeof out->interface)
        memcpy(&out->interface, value, length);
    else if (type == RTA_GATEWAY)
        out->gateway = take_address(value, length);
    else if (type == RTA_PREFSRC)
        out->source = take_address(value, length);
    else if (type == RTA_VIA && length > 2) /* a gateway of the other family: its family stands first */
        out->gateway = take_address(value + 2, length - 2);
}

static bool take_route(const uint8_t *at, size_t length, struct route_answer *out)
{
    struct rtmsg route;
    struct rtattr attribute;
    if (length < sizeof route)
        return false;
    memcpy(&route, at, sizeof route);
    out->type = route.rtm_type;
    for (size_t skip = NLMSG_ALIGN(sizeof route); skip < length && length - skip >= sizeof attribute;) {
        memcpy(&attribute, at + skip, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > length - skip)
            return false;
        take_attribute(out, attribute.rta_type & NLA_TYPE_MASK, at + skip + sizeof attribute,
                       attribute.rta_len - sizeof attribute);
        skip += RTA_ALIGN(attribute.rta_len);
    }
    return true;
}

bool route_take(const void *bytes, size_t length, struct route_answer *out)
{
    struct nlmsghdr header;
    int error;
    memset(out, 0, sizeof *out);
    if (length < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length)
        return false;
    const uint8_t *payload = (const uint8_t *)bytes + NLMSG_HDRLEN;
    const size_t size = header.nlmsg_len - NLMSG_HDRLEN;
    if (header.nlmsg_type == RTM_NEWROUTE)
        return take_route(payload, size, out);
    if (header.nlmsg_type != NLMSG_ERROR || size < sizeof error)
        return false;
    memcpy(&error, payload, sizeof error);
    out->error = -error;
    return error < 0;
}

/* ---- To ask it ---- */

struct question {
    struct nlmsghdr header;
    struct rtmsg route;
    uint8_t attributes[64];
};

static void add_address(struct question *q, unsigned short type, const struct address *address)
{
    const bool v4 = address_is_ipv4(address);
    const size_t size = v4 ? 4 : 16;
    struct rtattr attribute = {.rta_len = (unsigned short)(sizeof attribute + size), .rta_type = type};
    uint8_t *at = (uint8_t *)q + NLMSG_ALIGN(q->header.nlmsg_len);
    memcpy(at, &attribute, sizeof attribute);
    memcpy(at + sizeof attribute, address->bytes + (v4 ? 12 : 0), size);
    q->header.nlmsg_len += (uint32_t)(sizeof attribute + size);
}

static bool same_family(const struct address *a, const struct address *b)
{
    return !address_is_none(a) && address_is_ipv4(a) == address_is_ipv4(b);
}

static bool ask(const struct address *client, const struct address *server, struct route_answer *out)
{
    static uint8_t buffer[8192];
    const bool v4 = address_is_ipv4(client);
    struct question q = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof q.route), .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
        .route = {.rtm_family = v4 ? AF_INET : AF_INET6, .rtm_dst_len = v4 ? 32 : 128},
    };
    add_address(&q, RTA_DST, client);
    if (same_family(server, client)) {
        q.route.rtm_src_len = v4 ? 32 : 128;
        add_address(&q, RTA_SRC, server);
    }
    int netlink = netlink_open(NETLINK_ROUTE, 1000);
    if (netlink < 0)
        return false;
    const ssize_t length = netlink_ask(netlink, &q, q.header.nlmsg_len, buffer, sizeof buffer);
    close(netlink);
    return length > 0 && route_take(buffer, (size_t)length, out);
}

/* ---- Interfaces ---- */

/* /sys may show those of another network namespace: the kernel is asked. */
static const struct links *read_links(void)
{
    static struct links links;
    struct {
        struct nlmsghdr header;
        struct ifinfomsg request;
    } message = {
        .header = {.nlmsg_len = sizeof message, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    links.count = 0;
    int netlink = netlink_open(NETLINK_ROUTE, 1000);
    if (netlink < 0)
        return &links;
    (void)netlink_list(netlink, &message, sizeof message, links_take_one, &links);
    close(netlink);
    return &links;
}

static struct address address_of(const struct sockaddr *from)
{
    struct address none = {{0}};
    if (from != NULL && from->sa_family == AF_INET)
        return address_from_ipv4(&((const struct sockaddr_in *)(const void *)from)->sin_addr);
    if (from != NULL && from->sa_family == AF_INET6)
        return address_from_ipv6(&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr);
    return none;
}

/* The interface that has this address itself; with `near`, one whose network holds it, but for `but`. */
static bool find_interface(const struct address *wanted, bool near, const char *but, char *out, size_t size)
{
    struct ifaddrs *all;
    bool found = false;
    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
        const struct address own = address_of(at->ifa_addr), mask = address_of(at->ifa_netmask);
        bool same = !address_is_none(&own) && address_is_ipv4(&own) == address_is_ipv4(wanted) &&
                    strcmp(at->ifa_name, but) != 0 && (!near || !address_is_none(&mask));
        const unsigned first = address_is_ipv4(wanted) ? 12 : 0;
        for (unsigned i = first; same && i < sizeof own.bytes; i++)
            same = ((own.bytes[i] ^ wanted->bytes[i]) & (near ? mask.bytes[i] : 0xff)) == 0;
        found = same;
        if (same)
            snprintf(out, size, "%s", at->ifa_name);
    }
    freeifaddrs(all);
    return found;
}

static long number_of(const char *folder, const char *interface, const char *what)
{
    char path[128], text[32];
    snprintf(path, sizeof path, "%s/%.15s/%s", folder, interface, what);
    return proc_text(path, text, sizeof text) > 0 ? strtol(text, NULL, 10) : -1;
}

/* The kernel takes the stricter of the two. */
static int rp_filter_of(const char *interface)
{
    const long all = number_of("/proc/sys/net/ipv4/conf", "all", "rp_filter"),
               own = number_of("/proc/sys/net/ipv4/conf", interface, "rp_filter");
    return (int)(own > all ? own : all);
}

/* ---- All of it ---- */

static const char *refusal_of(const struct route_answer *answer)
{
    if (answer->type == RTN_BLACKHOLE || answer->error == EINVAL)
        return "blackhole";
    if (answer->type == RTN_UNREACHABLE || answer->error == EHOSTUNREACH)
        return "unreachable";
    if (answer->type == RTN_PROHIBIT || answer->error == EACCES)
        return "prohibit";
    return answer->error == ENETUNREACH ? "no route" : answer->error != 0 ? strerror(answer->error) : NULL;
}

/* In the words of `ip route get`. */
static void describe(struct local_way_back *out, const char *client, const struct route_answer *answer)
{
    const char *refusal = refusal_of(answer);
    if (refusal != NULL)
        snprintf(out->route, sizeof out->route, "%s %s", refusal, client);
    else
        snprintf(out->route, sizeof out->route, "%s%s%s%s dev %s%s%s", answer->type == RTN_LOCAL ? "local " : "",
                 client, out->gateway[0] != '\0' ? " via " : "", out->gateway, out->interface,
                 out->source[0] != '\0' ? " src " : "", out->source);
}

static void take_answer(struct local_way_back *out, const struct route_answer *answer)
{
    char name[IF_NAMESIZE] = "";
    if (answer->interface != 0 && if_indextoname(answer->interface, name) != NULL)
        snprintf(out->interface, sizeof out->interface, "%s", name);
    if (!address_is_none(&answer->gateway))
        (void)inet_ntop(address_is_ipv4(&answer->gateway) ? AF_INET : AF_INET6,
                        answer->gateway.bytes + (address_is_ipv4(&answer->gateway) ? 12 : 0), out->gateway,
                        sizeof out->gateway);
    if (!address_is_none(&answer->source))
        (void)inet_ntop(address_is_ipv4(&answer->source) ? AF_INET : AF_INET6,
                        answer->source.bytes + (address_is_ipv4(&answer->source) ? 12 : 0), out->source,
                        sizeof out->source);
}

static void read_waiting(struct local_facts *facts)
{
    struct local_way_back *out = &facts->way_back;
    const uint16_t port = facts->question.port != 0    ? facts->question.port
                          : facts->settings.ports == 1 ? facts->settings.port[0]
                                                       : 0;
    struct waiting waiting = {.client = facts->question.client, .port = port};
    if (!waiting_read(&waiting) || waiting.unanswered == 0)
        return;
    out->unanswered = waiting.unanswered;
    (void)address_text(&waiting.asked_at, out->asked_at);
}

void local_read_way_back(struct local_facts *facts)
{
    struct local_way_back *out = &facts->way_back;
    const struct local_question *q = &facts->question;
    struct route_answer answer;
    char client[ADDRESS_TEXT_SIZE], own[IF_NAMESIZE];
    out->read_us = wall_clock_us();
    out->rp_filter = -1;
    out->server_is_here = address_is_none(&q->server) || find_interface(&q->server, false, "", own, sizeof own);
    if (address_is_none(&q->client))
        return;
    out->state = ask(&q->client, &q->server, &answer) ? LOCAL_KNOWN : LOCAL_TIMED_OUT;
    if (out->state != LOCAL_KNOWN)
        return;
    (void)address_text(&q->client, client);
    read_waiting(facts);
    take_answer(out, &answer);
    describe(out, client, &answer);
    out->unreachable = refusal_of(&answer) != NULL;
    out->client_is_self = answer.type == RTN_LOCAL;
    (void)find_interface(&q->client, true, out->interface, out->near_interface, sizeof out->near_interface);
    if (out->interface[0] == '\0')
        return;
    const char *arrival = q->interface[0] != '\0' ? q->interface : out->interface;
    const struct links *links = read_links();
    const struct link *link = links_find(links, answer.interface);
    out->mtu = link != NULL ? link->mtu : 0;
    out->rp_filter = rp_filter_of(arrival);
    out->by_other_interface = !out->client_is_self && strcmp(arrival, out->interface) != 0;
    out->client_is_behind_bridge = !out->client_is_self && answer.type == RTN_UNICAST && out->gateway[0] == '\0' &&
                                   link != NULL && links_is_virtual_bridge(links, link);
    if (out->client_is_behind_bridge) { /* unless it is one of the bridge's own */
        const enum neighbour known = neighbour_of(&q->client, answer.interface);
        out->client_is_behind_bridge = known == NEIGHBOUR_UNKNOWN || known == NEIGHBOUR_SILENT;
        out->bridge_is_silent = known == NEIGHBOUR_SILENT;
    }
    if (out->client_is_behind_bridge)
        snprintf(out->bridge, sizeof out->bridge, "%s", out->interface);
}
