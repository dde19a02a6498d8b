#include <errno.h>
#include <libnet.h>
#include <stdlib.h>
#include <string.h>

#include "craft.h"
#include "fragment.h"
#include "shots.h"
#include "sockets.h"
#include "sweep_packet.h"

struct gun {
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

struct gun *gun_open(const struct address *source, const struct address *target, uint32_t scope, bool *denied,
                     char error[PROBE_ERROR_SIZE])
{
    char reason[LIBNET_ERRBUF_SIZE] = "";
    struct gun *gun = calloc(1, sizeof *gun);
    *denied = false;
    if (gun == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return NULL;
    }
    gun->ipv6 = !address_is_ipv4(target);
    gun->net = libnet_init(gun->ipv6 ? LIBNET_RAW6 : LIBNET_RAW4, NULL, reason);
    if (gun->net == NULL) {
        *denied = errno == EPERM || errno == EACCES || geteuid() != 0;
        snprintf(error, PROBE_ERROR_SIZE, "cannot open a raw socket: %.200s; run with sudo, or: setcap cap_net_raw+ep",
                 reason);
        free(gun);
        return NULL;
    }
    gun->source = *source;
    gun->target = *target;
    gun->link = -1;
    memcpy(&gun->source4, source->bytes + 12, 4);
    memcpy(&gun->target4, target->bytes + 12, 4);
    memcpy(&gun->source6, source->bytes, 16);
    memcpy(&gun->target6, target->bytes, 16);
    /* A raw socket takes no port, and refuses one with IPv6. */
    gun->to_length = probe_sockaddr(target, scope, 0, &gun->to);
    return gun;
}

void gun_close(struct gun *gun)
{
    if (gun != NULL)
        libnet_destroy(gun->net);
    free(gun);
}

static bool build_tcp(struct gun *gun, const struct shot *shot, uint16_t *length)
{
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4}; /* 1460: devices that check SYNs expect one */
    bool bare = shot->kind == SHOT_SHORT_HEADER || shot->kind == SHOT_CONTROL_SHORT;
    *length = bare ? TCP_HEADER : TCP_HEADER + sizeof mss;
    if (!bare && libnet_build_tcp_options(mss, sizeof mss, gun->net, 0) < 0)
        return false;
    return libnet_build_tcp(shot->source_port, shot->port, shot->seq, 0, TH_SYN, 64240, 0, 0, *length, NULL, 0,
                            gun->net, 0) >= 0;
}

static bool build_ping(struct gun *gun, const struct shot *shot, unsigned index, uint16_t *length)
{
    uint16_t payload = shot_payload(index);
    *length = (uint16_t)(ICMP_HEADER + payload);
    if (gun->ipv6)
        return libnet_build_icmpv6_echo(ICMP6_ECHO, 0, 0, shot->source_port, (uint16_t)index,
                                        (uint8_t *)(uintptr_t)zeros, payload, gun->net, 0) >= 0;
    return libnet_build_icmpv4_echo(ICMP_ECHO, 0, 0, shot->source_port, (uint16_t)index, zeros, payload, gun->net, 0) >=
           0;
}

static bool build_udp(struct gun *gun, const struct shot *shot, unsigned index, uint16_t *length)
{
    uint16_t payload = shot_payload(index);
    *length = (uint16_t)(UDP_HEADER + payload);
    return libnet_build_udp(shot->source_port, shot->port, *length, 0, zeros, payload, gun->net, 0) >= 0;
}

/* No room for a stamp, and a count of hops without room that is full when the target adds its own. */
static bool build_stamp(struct gun *gun, unsigned host_hop)
{
    uint8_t option[STAMP_OPTION] = {68, STAMP_OPTION, STAMP_OPTION + 1, (uint8_t)((16 - host_hop) << 4), 0, 0, 0, 0};
    return libnet_build_ipv4_options(option, sizeof option, gun->net, 0) >= 0;
}

static bool build_ip(struct gun *gun, const struct shot *shot, unsigned index, uint8_t protocol, uint16_t length,
                     unsigned host_hop)
{
    bool stamp = shot->kind == SHOT_STAMP || shot->kind == SHOT_CONTROL_STAMP;
    if (gun->ipv6)
        return libnet_build_ipv6(shot->tos, 0x10000u + index, length,
                                 protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protocol, shot->ttl, gun->source6,
                                 gun->target6, NULL, 0, gun->net, 0) >= 0;
    if (stamp && !build_stamp(gun, host_hop))
        return false;
    return libnet_build_ipv4((uint16_t)(LIBNET_IPV4_H + (stamp ? STAMP_OPTION : 0) + length), shot->tos,
                             (uint16_t)(0x4000 + index), IP_DF, shot->ttl, protocol, 0, gun->source4, gun->target4,
                             NULL, 0, gun->net, 0) >= 0;
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
static void spoil(const struct shot *shot, uint8_t *tcp)
{
    if (shot->kind == SHOT_BAD_SUM)
        tcp[16] ^= 0x55;
    else if (shot->kind == SHOT_SHORT_HEADER || shot->kind == SHOT_CONTROL_SHORT)
        change_word(tcp + 12, tcp + 16, (uint16_t)(4u << 12 | TH_SYN));
}

static bool send_built(struct gun *gun, const struct shot *shot, uint16_t length)
{
    uint8_t *packet = NULL;
    uint32_t size = 0;
    /* What libnet_write does before it sends; libnet_adv_cull_packet, the public way, is for link sockets only. */
    if (libnet_pblock_coalesce(gun->net, &packet, &size) < 0 || size < length) {
        errno = EMSGSIZE;
        return false;
    }
    spoil(shot, packet + size - length);
    ssize_t sent = sendto(libnet_getfd(gun->net), packet, size, 0, (struct sockaddr *)&gun->to, gun->to_length);
    int error = errno;
    libnet_adv_free_packet(gun->net, packet);
    errno = error;
    return sent == (ssize_t)size;
}

void gun_learn(struct gun *gun, const struct frame *frame, int descriptor)
{
    enum { LINKTYPE_ETHERNET = 1 };
    uint16_t wanted = gun->ipv6 ? 0x86dd : 0x0800;
    if (gun->link >= 0 || frame->linktype != LINKTYPE_ETHERNET || frame->caplen < SWEEP_LINK_SIZE ||
        (frame->data[SWEEP_LINK_SIZE - 2] << 8 | frame->data[SWEEP_LINK_SIZE - 1]) != wanted)
        return;
    memcpy(gun->link_header, frame->data, SWEEP_LINK_SIZE);
    gun->link = descriptor;
}

static bool fire_fragment(struct gun *gun, const struct shot *shot, unsigned index)
{
    uint8_t bytes[SWEEP_LINK_SIZE + FRAGMENT_MAX];
    size_t size = fragment_make(&gun->source, &gun->target, shot, index, bytes + SWEEP_LINK_SIZE);
    ssize_t sent;
    if (gun->link >= 0) {
        memcpy(bytes, gun->link_header, SWEEP_LINK_SIZE);
        sent = send(gun->link, bytes, size + SWEEP_LINK_SIZE, 0);
        return sent == (ssize_t)(size + SWEEP_LINK_SIZE);
    }
    sent =
        sendto(libnet_getfd(gun->net), bytes + SWEEP_LINK_SIZE, size, 0, (struct sockaddr *)&gun->to, gun->to_length);
    return sent == (ssize_t)size;
}

bool gun_fire(struct gun *gun, const struct shot *shot, unsigned index, unsigned host_hop)
{
    uint8_t protocol = shot_style(shot->kind)->protocol;
    uint16_t length = 0;
    if (is_fragment(shot->kind))
        return fire_fragment(gun, shot, index);
    libnet_clear_packet(gun->net);
    bool built = protocol == IPPROTO_TCP    ? build_tcp(gun, shot, &length)
                 : protocol == IPPROTO_ICMP ? build_ping(gun, shot, index, &length)
                                            : build_udp(gun, shot, index, &length);
    if (!built || !build_ip(gun, shot, index, protocol, length, host_hop)) {
        errno = EINVAL;
        return false;
    }
    return send_built(gun, shot, length);
}
