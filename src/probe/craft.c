#include <errno.h>
#include <libnet.h>
#include <stdlib.h>
#include <string.h>

#include "craft.h"
#include "fragment.h"
#include "probe_packets.h"
#include "sockets.h"
#include "sweep_packet.h"

struct sender {
    libnet_t *net;
    bool ipv6;
    struct address source, target;
    uint8_t link_header[SWEEP_LINK_SIZE];
    int link; /* the capture's socket; -1: packets leave by the kernel's routing */
    uint32_t source4, target4;
    struct libnet_in6_addr source6, target6;
    struct sockaddr_storage to;
    socklen_t to_length;
};

enum { TCP_HEADER = LIBNET_TCP_H, UDP_HEADER = LIBNET_UDP_H, ICMP_HEADER = 8, STAMP_OPTION = 8 };

static const uint8_t zeros[512];

struct sender *sender_open(const struct address *source, const struct address *target, uint32_t scope, bool *denied,
                           char error[PROBE_ERROR_SIZE])
{
    char reason[LIBNET_ERRBUF_SIZE] = "";
    struct sender *sender = calloc(1, sizeof *sender);
    *denied = false;
    if (sender == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return NULL;
    }
    sender->ipv6 = !address_is_ipv4(target);
    sender->net = libnet_init(sender->ipv6 ? LIBNET_RAW6 : LIBNET_RAW4, NULL, reason);
    if (sender->net == NULL) {
        *denied = errno == EPERM || errno == EACCES || geteuid() != 0;
        snprintf(error, PROBE_ERROR_SIZE, "cannot open a raw socket: %.200s; run with sudo, or: setcap cap_net_raw+ep",
                 reason);
        free(sender);
        return NULL;
    }
    sender->source = *source;
    sender->target = *target;
    sender->link = -1;
    memcpy(&sender->source4, source->bytes + 12, 4);
    memcpy(&sender->target4, target->bytes + 12, 4);
    memcpy(&sender->source6, source->bytes, 16);
    memcpy(&sender->target6, target->bytes, 16);
    /* A raw socket takes no port, and refuses one with IPv6. */
    sender->to_length = probe_sockaddr(target, scope, 0, &sender->to);
    return sender;
}

void sender_close(struct sender *sender)
{
    if (sender != NULL)
        libnet_destroy(sender->net);
    free(sender);
}

static bool build_tcp(struct sender *sender, const struct probe_packet *probe_packet, uint16_t *length)
{
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4}; /* 1460: devices that check SYNs expect one */
    bool bare = probe_packet->kind == ASK_SHORT_HEADER || probe_packet->kind == ASK_CONTROL_SHORT;
    *length = bare ? TCP_HEADER : TCP_HEADER + sizeof mss;
    if (!bare && libnet_build_tcp_options(mss, sizeof mss, sender->net, 0) < 0)
        return false;
    return libnet_build_tcp(probe_packet->source_port, probe_packet->port, probe_packet->seq, 0, TH_SYN, 64240, 0, 0,
                            *length, NULL, 0, sender->net, 0) >= 0;
}

static bool build_ping(struct sender *sender, const struct probe_packet *probe_packet, unsigned index, uint16_t *length)
{
    uint16_t payload = probe_payload_size(index);
    *length = (uint16_t)(ICMP_HEADER + payload);
    if (sender->ipv6)
        return libnet_build_icmpv6_echo(ICMP6_ECHO, 0, 0, probe_packet->source_port, (uint16_t)index,
                                        (uint8_t *)(uintptr_t)zeros, payload, sender->net, 0) >= 0;
    return libnet_build_icmpv4_echo(ICMP_ECHO, 0, 0, probe_packet->source_port, (uint16_t)index, zeros, payload,
                                    sender->net, 0) >= 0;
}

static bool build_udp(struct sender *sender, const struct probe_packet *probe_packet, unsigned index, uint16_t *length)
{
    uint16_t payload = probe_payload_size(index);
    *length = (uint16_t)(UDP_HEADER + payload);
    return libnet_build_udp(probe_packet->source_port, probe_packet->port, *length, 0, zeros, payload, sender->net,
                            0) >= 0;
}

/* No room for a stamp, and a count of hops without room that is full when the target adds its own. */
static bool build_stamp(struct sender *sender, unsigned host_hop)
{
    uint8_t option[STAMP_OPTION] = {68, STAMP_OPTION, STAMP_OPTION + 1, (uint8_t)((16 - host_hop) << 4), 0, 0, 0, 0};
    return libnet_build_ipv4_options(option, sizeof option, sender->net, 0) >= 0;
}

static bool build_ip(struct sender *sender, const struct probe_packet *probe_packet, unsigned index, uint8_t protocol,
                     uint16_t length, unsigned host_hop)
{
    bool stamp = probe_packet->kind == ASK_STAMP || probe_packet->kind == ASK_CONTROL_STAMP;
    if (sender->ipv6)
        return libnet_build_ipv6(probe_packet->tos, 0x10000u + index, length,
                                 protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protocol, probe_packet->ttl,
                                 sender->source6, sender->target6, NULL, 0, sender->net, 0) >= 0;
    if (stamp && !build_stamp(sender, host_hop))
        return false;
    return libnet_build_ipv4((uint16_t)(LIBNET_IPV4_H + (stamp ? STAMP_OPTION : 0) + length), probe_packet->tos,
                             (uint16_t)(0x4000 + index), IP_DF, probe_packet->ttl, protocol, 0, sender->source4,
                             sender->target4, NULL, 0, sender->net, 0) >= 0;
}

/* RFC 1624: a checksum after one 16-bit word has changed. */
static void change_word(uint8_t *word, uint8_t *sum, uint16_t now)
{
    uint16_t old = (uint16_t)(word[0] << 8 | word[1]), check = (uint16_t)(sum[0] << 8 | sum[1]);
    uint32_t total = (uint32_t)(uint16_t)~check + (uint16_t)~old + now;
    total = (total & 0xffff) + (total >> 16);
    total = (total & 0xffff) + (total >> 16);
    word[0] = (uint8_t)(now >> 8);
    word[1] = (uint8_t)now;
    sum[0] = (uint8_t)(~total >> 8);
    sum[1] = (uint8_t)~total;
}

/* libnet only builds what is right; these shots want something wrong. */
static void spoil(const struct probe_packet *probe_packet, uint8_t *tcp)
{
    if (probe_packet->kind == ASK_BAD_SUM)
        tcp[16] ^= 0x55;
    else if (probe_packet->kind == ASK_SHORT_HEADER || probe_packet->kind == ASK_CONTROL_SHORT)
        change_word(tcp + 12, tcp + 16, (uint16_t)(4u << 12 | TH_SYN));
}

static bool send_built(struct sender *sender, const struct probe_packet *probe_packet, uint16_t length)
{
    uint8_t *packet = NULL;
    uint32_t size = 0;
    /* What libnet_write does before it sends; libnet_adv_cull_packet, the public way, is for link sockets only. */
    if (libnet_pblock_coalesce(sender->net, &packet, &size) < 0 || size < length) {
        errno = EMSGSIZE;
        return false;
    }
    spoil(probe_packet, packet + size - length);
    ssize_t sent =
        sendto(libnet_getfd(sender->net), packet, size, 0, (struct sockaddr *)&sender->to, sender->to_length);
    int error = errno;
    libnet_adv_free_packet(sender->net, packet);
    errno = error;
    return sent == (ssize_t)size;
}

void sender_learn(struct sender *sender, const struct frame *frame, int descriptor)
{
    enum { LINKTYPE_ETHERNET = 1 };
    uint16_t wanted = sender->ipv6 ? 0x86dd : 0x0800;
    if (sender->link >= 0 || frame->linktype != LINKTYPE_ETHERNET || frame->caplen < SWEEP_LINK_SIZE ||
        (frame->data[SWEEP_LINK_SIZE - 2] << 8 | frame->data[SWEEP_LINK_SIZE - 1]) != wanted)
        return;
    memcpy(sender->link_header, frame->data, SWEEP_LINK_SIZE);
    sender->link = descriptor;
}

static bool fire_fragment(struct sender *sender, const struct probe_packet *probe_packet, unsigned index)
{
    uint8_t bytes[SWEEP_LINK_SIZE + FRAGMENT_MAX];
    size_t size = fragment_make(&sender->source, &sender->target, probe_packet, index, bytes + SWEEP_LINK_SIZE);
    ssize_t sent;
    if (sender->link >= 0) {
        memcpy(bytes, sender->link_header, SWEEP_LINK_SIZE);
        sent = send(sender->link, bytes, size + SWEEP_LINK_SIZE, 0);
        return sent == (ssize_t)(size + SWEEP_LINK_SIZE);
    }
    sent = sendto(libnet_getfd(sender->net), bytes + SWEEP_LINK_SIZE, size, 0, (struct sockaddr *)&sender->to,
                  sender->to_length);
    return sent == (ssize_t)size;
}

bool sender_send(struct sender *sender, const struct probe_packet *probe_packet, unsigned index, unsigned host_hop)
{
    uint8_t protocol = probe_style(probe_packet->kind)->protocol;
    uint16_t length = 0;
    if (is_fragment(probe_packet->kind))
        return fire_fragment(sender, probe_packet, index);
    libnet_clear_packet(sender->net);
    bool built = protocol == IPPROTO_TCP    ? build_tcp(sender, probe_packet, &length)
                 : protocol == IPPROTO_ICMP ? build_ping(sender, probe_packet, index, &length)
                                            : build_udp(sender, probe_packet, index, &length);
    if (!built || !build_ip(sender, probe_packet, index, protocol, length, host_hop)) {
        errno = EINVAL;
        return false;
    }
    return send_built(sender, probe_packet, length);
}
