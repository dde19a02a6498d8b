/* Ordinary sockets: what connect() says, how far SYNs with small TTLs get, and who sent the ICMP errors.
 *
 * A connect() that is refused by a RST and one that is refused by ICMP 3/3 give the same errno; the error queue
 * (IP_RECVERR) tells them apart, for only the ICMP error stands in it. */
#include <errno.h>
#include <time.h> /* before errqueue.h, which needs it and does not say so */

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "banner_grab.h"
#include "base/steady_clock.h"
#include "probe_packets.h"
#include "sockets.h"
#include "sockets_probe.h"

enum { SWEEP = 12, CONTROLS = 2, MAX_SOCKETS = 2 * SWEEP + CONTROLS + 8 };

#define PATIENCE_US  3600000 /* a dead neighbour is reported after 3.1 s */
#define ASK_FIRST_US 400000  /* for an open port to say so, before anything else is asked */
#define ENOUGH_US    1500000 /* where the host has answered something */

struct connect_try {
    int fd; /* -1: over */
    struct probe_packet *probe;
};

static void set(int fd, bool ipv6, int option4, int option6, int value)
{
    (void)setsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? option6 : option4, &value, sizeof value);
}

/* `port` 0: the kernel's choice. False where that port cannot be had. */
static bool begin_at(struct connect_try *try, const struct sockaddr_storage *to, socklen_t length, uint16_t port)
{
    const struct probe_packet *probe = try->probe;
    bool ipv6 = to->ss_family == AF_INET6;
    try->fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (try->fd < 0)
        return true;
    set(try->fd, ipv6, IP_RECVERR, IPV6_RECVERR, 1);
    set(try->fd, ipv6, IP_TOS, IPV6_TCLASS, probe->tos);
    set(try->fd, ipv6, IP_TTL, IPV6_UNICAST_HOPS, probe->ttl);
    if ((port == 0 || probe_bind(try->fd, to->ss_family, port)) &&
        (connect(try->fd, (const struct sockaddr *)to, length) == 0 || errno != EADDRNOTAVAIL))
        return true;
    close(try->fd);
    return false;
}

static void begin(struct connect_try *try, const struct probe_facts *facts, uint32_t scope, int64_t now_us)
{
    struct sockaddr_storage to;
    struct probe_packet *probe = try->probe;
    socklen_t length = probe_sockaddr(&facts->target, scope, probe->port, &to);
    probe->first_us = probe->last_us = now_us;
    probe->sends = 2; /* the kernel repeats it after a second */
    if (!begin_at(try, &to, length, probe->source_port))
        (void)begin_at(try, &to, length, 0);
}

/* The ICMP error, if one is why it failed. */
static bool read_error_queue(int fd, struct probe_reply *reply)
{
    char control[512];
    struct sockaddr_storage name;
    struct msghdr message = {
        .msg_name = &name, .msg_namelen = sizeof name, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        struct sock_extended_err error;
        if (!ours || c->cmsg_len < CMSG_LEN(sizeof error))
            continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6)
            continue;
        reply->kind = REPLY_ICMP;
        reply->icmp_type = error.ee_type;
        reply->icmp_code = error.ee_code;
        reply->sender = probe_address(SO_EE_OFFENDER((struct sock_extended_err *)(void *)CMSG_DATA(c)));
        return true;
    }
    return false;
}

static void finish(struct connect_try *try, const struct probe_facts *facts, int64_t now_us)
{
    struct probe_reply *reply = &try->probe->reply;
    int error = 0;
    socklen_t size = sizeof error;
    (void)getsockopt(try->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    reply->ts_us = now_us;
    reply->sender = facts->target;
    if (!read_error_queue(try->fd, reply)) {
        bool ipv6 = !address_is_ipv4(&facts->target);
        if (error == 0)
            reply->kind = REPLY_SYNACK;
        else if (error == ECONNREFUSED)
            reply->kind = REPLY_RST;
        else if (error == EHOSTUNREACH) { /* the kernel's own: its neighbour did not answer */
            *reply = (struct probe_reply){.kind = REPLY_ICMP,
                                          .ts_us = now_us,
                                          .sender = facts->source,
                                          .icmp_type = ipv6 ? 1 : 3,
                                          .icmp_code = ipv6 ? 3 : 1};
        }
    }
    try->probe->sends = reply->kind != REPLY_NONE ? 1 : 2;
    if (reply->kind == REPLY_SYNACK) { /* leave with a RST: nothing is said on these */
        struct linger leave = {1, 0};
        (void)setsockopt(try->fd, SOL_SOCKET, SO_LINGER, &leave, sizeof leave);
    }
    close(try->fd);
    try->fd = -1;
}

static bool enough(const struct probe_facts *facts, const struct connect_try *tries, unsigned count, int64_t now_us)
{
    bool open = false, spoke = false;
    for (unsigned i = 0; i < count; i++) {
        open |= tries[i].probe->kind == ASK_MARKED && tries[i].probe->reply.kind == REPLY_SYNACK;
        spoke |= tries[i].probe->ttl == PROBE_FULL_TTL && reply_is_targets(facts, &tries[i].probe->reply);
    }
    return open || now_us - facts->started_us > (spoke ? ENOUGH_US : PATIENCE_US);
}

static void wait_for(struct probe_facts *facts, struct connect_try *tries, unsigned count, int64_t most_us)
{
    int64_t until_us = steady_now_us() + most_us;
    for (bool waiting = true; waiting;) {
        struct pollfd polled[MAX_SOCKETS];
        int64_t now_us = steady_now_us();
        waiting = false;
        for (unsigned i = 0; i < count; i++) {
            polled[i] = (struct pollfd){.fd = tries[i].fd, .events = POLLOUT};
            waiting |= tries[i].fd >= 0;
        }
        if (!waiting || now_us > until_us || enough(facts, tries, count, now_us))
            break;
        (void)poll(polled, count, 50);
        for (unsigned i = 0; i < count; i++)
            if (tries[i].fd >= 0 && polled[i].revents != 0)
                finish(&tries[i], facts, steady_now_us());
    }
}

/* Begins the packets from `first` on; returns how many tries there are. */
static unsigned begin_from(struct probe_facts *facts, unsigned first, struct connect_try *tries, uint32_t scope,
                           unsigned rate)
{
    for (unsigned i = first; i < facts->packets && i < MAX_SOCKETS; i++) {
        tries[i] = (struct connect_try){-1, &facts->packet[i]};
        begin(&tries[i], facts, scope, steady_now_us());
        facts->packets_sent++;
        usleep((useconds_t)(1000000 / rate));
    }
    return facts->packets < MAX_SOCKETS ? facts->packets : MAX_SOCKETS;
}

static void read_banner(struct probe_facts *facts, uint32_t scope, int64_t wait_us)
{
    struct banner_grab grab;
    if (grab_start(&grab, &facts->target, scope, facts->port, (uint16_t)(facts->base_port + PROBE_PACKETS), wait_us,
                   &facts->banner_check, steady_now_us()))
        while (grab_step(&grab, steady_now_us()))
            usleep(2000);
}

/* A sweep of an open port would be a dozen whole connections, more than sshd's MaxStartups bears: so the port is asked
 * first. */
void sockets_probe(struct probe_facts *facts, uint32_t scope, const struct probe_options *options)
{
    struct connect_try tries[MAX_SOCKETS];
    facts->started_us = steady_now_us();
    uint16_t control = (uint16_t)(61011 + facts->base_port % 4200u);
    probe_packet_add(facts, ASK_MARKED, facts->port, PROBE_FULL_TTL, 0);
    unsigned count = begin_from(facts, 0, tries, scope, options->rate);
    wait_for(facts, tries, count, ASK_FIRST_US);
    if (facts->packet[0].reply.kind == REPLY_SYNACK)
        read_banner(facts, scope, options->banner_us);
    else {
        probe_packet_add(facts, ASK_CONTROL, control, PROBE_FULL_TTL, 0);
        probe_packet_add(facts, ASK_CONTROL, (uint16_t)(control ^ 1), PROBE_FULL_TTL, 0);
        for (int ttl = 1; ttl <= SWEEP; ttl++) {
            probe_packet_add(facts, ASK_SWEEP, facts->port, (uint8_t)ttl, 0);
            probe_packet_add(facts, ASK_CONTROL_SWEEP, control, (uint8_t)ttl, 0);
        }
        count = begin_from(facts, 1, tries, scope, options->rate);
        wait_for(facts, tries, count, PATIENCE_US);
        if (facts->packet[0].reply.kind == REPLY_SYNACK)
            read_banner(facts, scope, options->banner_us);
    }
    for (unsigned i = 0; i < count; i++)
        if (tries[i].fd >= 0)
            close(tries[i].fd);
    facts->ended_us = steady_now_us();
}
