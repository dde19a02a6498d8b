/* libnet makes each header as a block of its own; here the blocks are joined, and checksums written.
 *
 * Only libnet_write and libnet_adv_cull_packet would join blocks for us. The first cannot send to a link-local address
 * (it leaves the scope out) or make what is wrong on purpose; the second works only on a link socket, which needs an
 * interface that is up and of a type that libnet knows. */
#include <libnet.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "craft.h"
#include "probe_packets.h"

enum {
    BLOCKS = 5, /* IP, its options or a fragment header, transport, TCP options or payload, and one to spare */
    WINDOW = 64240,
    STAMP_OPTION = 8,
    TEMPLATE_ID = 0x5b5b,   /* any but 0, for which the kernel would make one up each time */
    FARTHEST = 0x1fff << 3, /* the last offset that a fragment can have: with more than seven bytes the datagram would
                               be too long */
    FIRST_OF_MORE = 1,      /* IPv6: offset 0, and more fragments */
};

static const uint8_t zeros[CRAFT_MAX];

struct crafter {
    libnet_t *net;
    bool ipv6;
    struct address source, target;
    libnet_ptag_t block[BLOCKS]; /* of the packet at hand, in libnet's order: the last header first */
    unsigned blocks;
    uint16_t length; /* of the blocks so far */
    bool failed;
};

struct ip_fields {
    uint8_t tos, ttl, protocol;
    uint16_t id, fragment; /* IPv4 */
    uint32_t flow_label;   /* IPv6 */
};

struct crafter *crafter_new(const struct address *source, const struct address *target)
{
    char reason[LIBNET_ERRBUF_SIZE];
    struct crafter *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->net = libnet_init(LIBNET_NONE, NULL, reason); /* no socket: all that can fail is memory */
    if (c->net == NULL) {
        free(c);
        return NULL;
    }
    c->ipv6 = !address_is_ipv4(target);
    c->source = *source;
    c->target = *target;
    return c;
}

void crafter_free(struct crafter *c)
{
    if (c != NULL)
        libnet_destroy(c->net);
    free(c);
}

/* ---- Blocks ---- */

static void begin(struct crafter *c)
{
    libnet_clear_packet(c->net);
    c->blocks = 0;
    c->length = 0;
    c->failed = false;
}

/* `block`: what a libnet_build_* function returned. */
static void add(struct crafter *c, libnet_ptag_t block)
{
    if (block < 0 || c->blocks == BLOCKS) {
        c->failed = true;
        return;
    }
    c->block[c->blocks++] = block;
    c->length = (uint16_t)(c->length + libnet_getpbuf_size(c->net, block));
}

static bool join(struct crafter *c, struct crafted_packet *out)
{
    out->size = 0;
    if (c->failed || c->length > sizeof out->bytes)
        return false;
    for (unsigned i = c->blocks; i-- > 0;) {
        uint32_t size = libnet_getpbuf_size(c->net, c->block[i]);
        memcpy(out->bytes + out->size, libnet_getpbuf(c->net, c->block[i]), size);
        out->size += size;
    }
    return true;
}

/* ---- Headers ---- */

static void add_tcp(struct crafter *c, uint16_t source_port, uint16_t port, uint32_t seq, uint8_t flags, bool announce)
{
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4}; /* 1460: devices that check SYNs expect one */
    if (announce)
        add(c, libnet_build_tcp_options(mss, sizeof mss, c->net, 0));
    add(c, libnet_build_tcp(source_port, port, seq, 0, flags, flags & TH_SYN ? WINDOW : 0, 0, 0, LIBNET_TCP_H, NULL, 0,
                            c->net, 0));
}

static void add_payload(struct crafter *c, unsigned index)
{
    uint16_t size = probe_payload_size(index);
    add(c, size <= sizeof zeros ? libnet_build_data(zeros, size, c->net, 0) : -1);
}

static void add_ping(struct crafter *c, const struct probe_packet *probe, unsigned index)
{
    add_payload(c, index);
    if (c->ipv6)
        add(c, libnet_build_icmpv6_echo(ICMP6_ECHO, 0, 0, probe->source_port, (uint16_t)index, NULL, 0, c->net, 0));
    else
        add(c, libnet_build_icmpv4_echo(ICMP_ECHO, 0, 0, probe->source_port, (uint16_t)index, NULL, 0, c->net, 0));
}

static void add_udp(struct crafter *c, const struct probe_packet *probe, unsigned index)
{
    add_payload(c, index);
    add(c,
        libnet_build_udp(probe->source_port, probe->port, (uint16_t)(LIBNET_UDP_H + c->length), 0, NULL, 0, c->net, 0));
}

/* No room for a stamp, and a count of hops without room that is full when the target adds its own. */
static void add_stamp(struct crafter *c, unsigned host_hop)
{
    uint8_t option[STAMP_OPTION] = {68, STAMP_OPTION, STAMP_OPTION + 1, (uint8_t)((16 - host_hop) << 4), 0, 0, 0, 0};
    add(c, libnet_build_ipv4_options(option, sizeof option, c->net, 0));
}

static void add_ip(struct crafter *c, const struct ip_fields *ip)
{
    if (c->ipv6) {
        struct libnet_in6_addr source, target;
        memcpy(&source, c->source.bytes, sizeof source);
        memcpy(&target, c->target.bytes, sizeof target);
        add(c, libnet_build_ipv6(ip->tos, ip->flow_label, c->length, ip->protocol, ip->ttl, source, target, NULL, 0,
                                 c->net, 0));
    } else {
        uint32_t source, target;
        memcpy(&source, c->source.bytes + 12, sizeof source);
        memcpy(&target, c->target.bytes + 12, sizeof target);
        add(c, libnet_build_ipv4((uint16_t)(LIBNET_IPV4_H + c->length), ip->tos, ip->id, ip->fragment, ip->ttl,
                                 ip->protocol, 0, source, target, NULL, 0, c->net, 0));
    }
}

/* ---- Checksums ---- */

static void write_sum(uint8_t *at, uint64_t sum)
{
    uint16_t checksum = (uint16_t)~checksum_fold(sum);
    memcpy(at, &checksum, sizeof checksum);
}

static void write_ip_checksum(const struct crafter *c, struct crafted_packet *out)
{
    if (!c->ipv6)
        write_sum(out->bytes + 10, checksum_add(0, out->bytes, (out->bytes[0] & 0x0fu) * 4));
}

static void write_transport_checksum(const struct crafter *c, uint8_t protocol, struct crafted_packet *out)
{
    uint8_t *at = out->bytes + out->transport_at;
    uint32_t size = (uint32_t)(out->size - out->transport_at);
    uint64_t pseudo = checksum_pseudo_header(c->source.bytes, c->target.bytes, protocol, size);
    if (protocol == IPPROTO_TCP)
        write_sum(at + 16, checksum_add(pseudo, at, size));
    else if (protocol == IPPROTO_UDP) {
        write_sum(at + 6, checksum_add(pseudo, at, size));
        if ((at[6] | at[7]) == 0) /* which would say that there is none (RFC 768) */
            at[6] = at[7] = 0xff;
    } else
        write_sum(at + 2, checksum_add(protocol == IPPROTO_ICMP ? 0 : pseudo, at, size));
}

/* ---- Packets ---- */

static bool is_short(enum probe_kind kind)
{
    return kind == ASK_SHORT_HEADER || kind == ASK_CONTROL_SHORT;
}

static uint8_t transport_protocol(const struct crafter *c, enum probe_kind kind)
{
    uint8_t protocol = probe_style(kind)->protocol;
    return c->ipv6 && protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protocol;
}

static void add_transport(struct crafter *c, const struct probe_packet *probe, unsigned index)
{
    switch (probe_style(probe->kind)->protocol) {
    case IPPROTO_TCP:
        add_tcp(c, probe->source_port, probe->port, probe->seq, TH_SYN, !is_short(probe->kind));
        break;
    case IPPROTO_ICMP:
        add_ping(c, probe, index);
        break;
    case IPPROTO_UDP:
        add_udp(c, probe, index);
        break;
    default: /* ASK_FAR_FRAGMENT is of no transport's */
        add_payload(c, index);
    }
}

/* The fragments that wait for a rest which never comes: in IPv4 two fields of the header say so, IPv6 has a header for
 * it. */
static void add_fragment_headers(struct crafter *c, const struct probe_packet *probe)
{
    struct ip_fields ip = {.tos = probe->tos, .ttl = PROBE_FULL_TTL, .protocol = IPPROTO_TCP};
    if (c->ipv6) {
        uint16_t place = probe->kind == ASK_FAR_FRAGMENT ? FARTHEST : FIRST_OF_MORE;
        add(c, libnet_build_ipv6_frag(IPPROTO_TCP, 0, htons(place), htonl(probe->seq), NULL, 0, c->net, 0));
        ip.protocol = IPPROTO_FRAGMENT;
    }
    ip.id = probe->source_port;
    ip.fragment = IP_MF;
    add_ip(c, &ip);
}

static void add_whole_headers(struct crafter *c, const struct probe_packet *probe, unsigned index, unsigned host_hop)
{
    struct ip_fields ip = {
        .tos = probe->tos,
        .ttl = probe->ttl,
        .protocol = transport_protocol(c, probe->kind),
        .id = craft_ip_id(index),
        .fragment = IP_DF,
        .flow_label = craft_flow_label(index),
    };
    if (!c->ipv6 && (probe->kind == ASK_STAMP || probe->kind == ASK_CONTROL_STAMP))
        add_stamp(c, host_hop);
    add_ip(c, &ip);
}

/* IPv4 has no header for fragments that a lie could stand in, IPv6 no option that overflows. */
static bool has_kind(const struct crafter *c, enum probe_kind kind)
{
    return c->ipv6 ? kind != ASK_STAMP && kind != ASK_CONTROL_STAMP : kind != ASK_FAR_FRAGMENT;
}

bool craft_probe_packet(struct crafter *c, const struct probe_packet *probe, unsigned index, unsigned host_hop,
                        struct crafted_packet *out)
{
    if (!has_kind(c, probe->kind))
        return false;
    begin(c);
    add_transport(c, probe, index);
    uint16_t transport_size = c->length;
    if (is_fragment(probe->kind))
        add_fragment_headers(c, probe);
    else
        add_whole_headers(c, probe, index, host_hop);
    if (!join(c, out))
        return false;
    out->transport_at = out->size - transport_size;
    write_ip_checksum(c, out);
    if (probe->kind == ASK_FAR_FRAGMENT)
        return true;
    /* libnet only builds what is right; two kinds of packet want something wrong. */
    uint8_t *transport = out->bytes + out->transport_at;
    if (is_short(probe->kind))
        transport[12] = 4 << 4;
    write_transport_checksum(c, transport_protocol(c, probe->kind), out);
    if (probe->kind == ASK_BAD_SUM)
        transport[16] ^= 0x55;
    return true;
}

bool craft_template(struct crafter *c, uint8_t flags, struct crafted_packet *out)
{
    struct ip_fields ip = {.ttl = PROBE_FULL_TTL, .protocol = IPPROTO_TCP, .id = TEMPLATE_ID, .fragment = IP_DF};
    begin(c);
    add_tcp(c, 0, 0, 0, flags, flags & TH_SYN);
    uint16_t transport_size = c->length;
    add_ip(c, &ip);
    if (!join(c, out))
        return false;
    out->transport_at = out->size - transport_size;
    write_ip_checksum(c, out);
    write_transport_checksum(c, IPPROTO_TCP, out);
    return true;
}
