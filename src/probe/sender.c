#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "craft.h"
#include "plan.h"
#include "probe_packets.h"
#include "sender.h"
#include "sockets.h"

#define CATCH_UP_US 4000 /* a late turn may make up for so much, a long pause may not */

struct sender {
    struct crafter *crafter;
    bool ipv6;
    int raw;
    int link; /* the capture's socket; -1: packets leave by the kernel's routing */
    uint8_t link_header[ETHERNET_HEADER_SIZE];
    struct sockaddr_storage to;
    socklen_t to_length;
    int64_t next_us; /* the next packet may leave then */
};

int raw_socket_open(const struct address *target)
{
    return socket(address_is_ipv4(target) ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
}

bool ethernet_header_of(const struct frame *frame, bool ipv6, uint8_t out[ETHERNET_HEADER_SIZE])
{
    enum { LINKTYPE_ETHERNET = 1 };
    uint16_t type = htons(ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
    if (frame->linktype != LINKTYPE_ETHERNET || frame->caplen < ETHERNET_HEADER_SIZE ||
        memcmp(frame->data + ETHERNET_HEADER_SIZE - sizeof type, &type, sizeof type) != 0)
        return false;
    memcpy(out, frame->data, ETHERNET_HEADER_SIZE);
    return true;
}

struct sender *sender_open(const struct address *source, const struct address *target, uint32_t scope, bool *denied,
                           char error[PROBE_ERROR_SIZE])
{
    struct sender *s = calloc(1, sizeof *s);
    *denied = false;
    if (s != NULL)
        s->crafter = crafter_new(source, target);
    if (s == NULL || s->crafter == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        free(s);
        return NULL;
    }
    s->ipv6 = !address_is_ipv4(target);
    s->link = -1;
    s->to_length = probe_sockaddr(target, scope, 0, &s->to); /* a raw socket takes no port, and refuses one with IPv6 */
    s->raw = raw_socket_open(target);
    if (s->raw >= 0)
        return s;
    *denied = errno == EPERM || errno == EACCES || geteuid() != 0;
    snprintf(error, PROBE_ERROR_SIZE, "cannot open a raw socket: %s; run with sudo, or: setcap cap_net_raw+ep",
             strerror(errno));
    sender_close(s);
    return NULL;
}

void sender_close(struct sender *s)
{
    if (s == NULL)
        return;
    if (s->raw >= 0)
        close(s->raw);
    crafter_free(s->crafter);
    free(s);
}

void sender_learn(struct sender *s, const struct frame *frame, int descriptor)
{
    if (s->link < 0 && ethernet_header_of(frame, s->ipv6, s->link_header))
        s->link = descriptor;
}

static bool send_by_link(struct sender *s, struct crafted_packet *packet)
{
    struct iovec parts[] = {{s->link_header, sizeof s->link_header}, {packet->bytes, packet->size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(s->link, &message, 0) == (ssize_t)(packet->size + sizeof s->link_header);
}

/* `index` is the place of the packet in the table. False where sending failed; errno tells why. */
static bool send_one(struct sender *s, const struct probe_packet *probe, unsigned index, unsigned host_hop)
{
    struct crafted_packet packet;
    if (!craft_probe_packet(s->crafter, probe, index, host_hop, &packet)) {
        errno = EINVAL;
        return false;
    }
    if (is_fragment(probe->kind) && s->link >= 0)
        return send_by_link(s, &packet);
    return sendto(s->raw, packet.bytes, packet.size, 0, (struct sockaddr *)&s->to, s->to_length) ==
           (ssize_t)packet.size;
}

static unsigned target_hop(const struct probe_facts *facts)
{
    unsigned hop = 0;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        bool sweep = probe->kind == ASK_CONTROL_SWEEP || probe->kind == ASK_PING_SWEEP;
        if (sweep && reply_is_targets(facts, &probe->reply) && (hop == 0 || probe->ttl < hop))
            hop = probe->ttl;
    }
    return hop;
}

static void send_and_note(struct sender *s, struct probe_facts *facts, struct probe_packet *probe, int64_t now_us)
{
    if (!send_one(s, probe, (unsigned)(probe - facts->packet), target_hop(facts)) && errno != ENOBUFS)
        facts->send_error = errno;
    if (probe->sends++ == 0)
        probe->first_us = now_us;
    probe->last_us = now_us;
    probe->next_us = now_us + probe_style(probe->kind)->again_ms * INT64_C(1000);
    facts->packets_sent++;
}

void sender_send_due(struct sender *s, struct probe_facts *facts, unsigned rate)
{
    int64_t now_us = wall_clock_us(), gap_us = 1000000 / (int64_t)rate;
    struct probe_packet *probe;
    if (s->next_us < now_us - CATCH_UP_US)
        s->next_us = now_us - CATCH_UP_US;
    while (s->next_us <= now_us && (probe = plan_next_due(facts, now_us)) != NULL) {
        send_and_note(s, facts, probe, now_us);
        s->next_us += gap_us;
    }
}
