#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "craft.h"
#include "probe_packets.h"
#include "sender.h"
#include "sockets.h"

struct sender {
    struct crafter *crafter;
    bool ipv6;
    int raw;
    int link; /* the capture's socket; -1: packets leave by the kernel's routing */
    uint8_t link_header[ETHERNET_HEADER_SIZE];
    struct sockaddr_storage to;
    socklen_t to_length;
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

bool sender_send(struct sender *s, const struct probe_packet *probe, unsigned index, unsigned host_hop)
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
