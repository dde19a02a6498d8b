/* A frame from what a line told, or from the bytes that were printed beside it. */
#include <arpa/inet.h>
#include <string.h>

#include <sshsniff/header_fields.h>
#include <sshsniff/protocol_numbers.h>
#include <sshsniff/source_names.h>

#include "base/checksum.h"
#include "text_packet.h"

enum {
    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    TCP_SIZE = 20,
    ICMP_SIZE = 8,
    QUOTED_SIZE = 8 /* of the segment that an error quotes */
};

static uint8_t *put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t value)
{
    return put16(put16(p, value >> 16), value & 0xffff);
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t size)
{
    memcpy(p, bytes, size);
    return p + size;
}

static uint8_t *put_ip(uint8_t *p, const struct text_ip *ip, uint8_t protocol, uint32_t payload)
{
    if (ip->v6) {
        p = put32(p, 6u << 28 | (uint32_t)ip->tos << 20 | ip->label);
        p = put16(p, payload);
        *p++ = protocol;
        *p++ = ip->ttl;
        p = put_bytes(p, ip->src.bytes, 16);
        return put_bytes(p, ip->dst.bytes, 16);
    }
    uint8_t *start = p;
    *p++ = 0x45;
    *p++ = ip->tos;
    p = put16(p, IPV4_SIZE + payload);
    p = put16(p, ip->id);
    p = put16(p, ip->df ? 0x4000 : 0);
    *p++ = ip->ttl;
    *p++ = protocol;
    p = put16(p, 0);
    p = put_bytes(p, ip->src.bytes + 12, 4);
    p = put_bytes(p, ip->dst.bytes + 12, 4);
    const uint16_t sum = (uint16_t)~checksum_fold(checksum_add(0, start, IPV4_SIZE));
    memcpy(start + 10, &sum, sizeof sum);
    return p;
}

static bool one_family(const struct text_ip *ip)
{
    return address_is_ipv4(&ip->src) == !ip->v6 && address_is_ipv4(&ip->dst) == !ip->v6;
}

/* The sum as the text tells it; where it does not, none that means anything. */
static uint32_t put_sum(uint8_t *tcp, uint32_t size, const struct text_packet *packet)
{
    const struct text_tcp *t = &packet->tcp;
    const struct text_ip *ip = &packet->ip;
    if (!t->sum_told || t->length || ip->src_named || ip->dst_named || !t->in_order)
        return FIELD_SUM;
    const uint64_t pseudo = checksum_pseudo_header(ip->src.bytes, ip->dst.bytes, PROTOCOL_TCP, size);
    const uint16_t right = (uint16_t)~checksum_fold(checksum_add(pseudo, tcp, size));
    if (!t->sum_good && ntohs(right) != t->sum_due)
        return FIELD_SUM; /* something of it is not as it was */
    const uint16_t sum = t->sum_good ? right : htons(t->sum);
    memcpy(tcp + 16, &sum, sizeof sum);
    return 0;
}

static size_t segment(const struct text_packet *packet, uint8_t *out, uint32_t *unknown, uint32_t *wire)
{
    const struct text_tcp *t = &packet->tcp;
    const uint32_t options = (t->options_size + 3u) / 4 * 4, header = TCP_SIZE + options;
    uint8_t *tcp = put_ip(out, &packet->ip, PROTOCOL_TCP, header + t->length), *p = tcp;
    p = put16(p, packet->ip.src_port);
    p = put16(p, packet->ip.dst_port);
    p = put32(p, t->seq);
    p = put32(p, t->flags & 0x10 ? t->ack : 0);
    *p++ = (uint8_t)(header / 4 << 4);
    *p++ = t->flags;
    p = put16(p, t->window);
    p = put32(p, 0);
    memset(p, 0, options);
    p = put_bytes(p, t->options, t->options_size) + (options - t->options_size);
    *unknown |= put_sum(tcp, header, packet);
    *wire = (uint32_t)(p - out) + t->length;
    if (packet->said_size && packet->said_size <= t->length)
        p = put_bytes(p, packet->said, packet->said_size);
    return (size_t)(p - out);
}

static size_t icmp_error(const struct text_packet *packet, uint8_t *out)
{
    const struct text_icmp *i = &packet->icmp;
    struct text_ip quote = i->quote;
    quote.v6 = packet->ip.v6;
    if (!one_family(&quote))
        return 0;
    const uint32_t size = ICMP_SIZE + (quote.v6 ? IPV6_SIZE : IPV4_SIZE) + QUOTED_SIZE;
    uint8_t *p = put_ip(out, &packet->ip, quote.v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP, size);
    *p++ = i->type;
    *p++ = i->code;
    p = put16(p, 0);
    p = quote.v6 ? put32(p, i->mtu) : put16(put16(p, 0), i->mtu);
    p = put_ip(p, &quote, PROTOCOL_TCP, TCP_SIZE);
    p = put16(p, quote.src_port);
    p = put16(p, quote.dst_port);
    p = i->has_quote_seq ? put32(p, i->quote_seq) : p;
    return (size_t)(p - out);
}

static size_t arp(const struct text_packet *packet, uint8_t *out)
{
    static const uint8_t nobody[6];
    uint8_t *p = put16(out, 1);
    p = put16(p, ETHERTYPE_IPV4);
    *p++ = 6;
    *p++ = 4;
    p = put16(p, packet->arp.op);
    p = put_bytes(p, packet->arp.has_mac ? packet->arp.mac : packet->has_src_mac ? packet->src_mac : nobody, 6);
    p = put_bytes(p, packet->ip.src.bytes + 12, 4);
    p = put_bytes(p, nobody, 6);
    p = put_bytes(p, packet->ip.dst.bytes + 12, 4);
    return (size_t)(p - out);
}

/* RFC 4861 sections 4.3 and 4.4, with the option that has the MAC address where it is known. */
static size_t neighbour(const struct text_packet *packet, uint8_t *out)
{
    const bool told = packet->neighbour.op == TEXT_ARP_REPLY;
    const uint8_t *mac = packet->neighbour.has_mac ? packet->neighbour.mac
                         : packet->has_src_mac     ? packet->src_mac
                                                   : NULL;
    struct text_ip ip = packet->ip;
    ip.ttl = 255; /* it would not be taken otherwise */
    uint8_t *p = put_ip(out, &ip, PROTOCOL_ICMPV6, 24 + (mac ? 8 : 0));
    *p++ = told ? 136 : 135;
    *p++ = 0;
    p = put16(p, 0);
    p = put32(p, told ? (packet->neighbour.solicited ? 0x60000000u : 0x20000000u) : 0);
    p = put_bytes(p, packet->neighbour.target.bytes, 16);
    if (mac) {
        *p++ = told ? 2 : 1;
        *p++ = 1;
        p = put_bytes(p, mac, 6);
    }
    return (size_t)(p - out);
}

bool text_hex_header(const uint8_t *hex, size_t size, size_t *at, uint16_t *type)
{
    /* Where the EtherType lies, and what follows it: none (the header itself), Ethernet, Linux cooked 1 and 2. */
    static const struct {
        size_t type, header;
    } links[] = {{12, 14}, {14, 16}, {0, 20}, {16, 18}};
    if (size >= IPV4_SIZE && hex[0] == 0x45) { /* no unicast MAC address begins so */
        *at = 0;
        *type = ETHERTYPE_IPV4;
        return true;
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (size < links[i].header + IPV4_SIZE)
            continue;
        const uint16_t found = (uint16_t)(hex[links[i].type] << 8 | hex[links[i].type + 1]);
        const uint8_t version = hex[links[i].header] >> 4;
        if (found != ETHERTYPE_ARP && !(found == ETHERTYPE_IPV4 && version == 4) &&
            !(found == ETHERTYPE_IPV6 && version == 6))
            continue;
        *at = links[i].header;
        *type = found;
        return true;
    }
    *at = 0;
    *type = ETHERTYPE_IPV6;
    return size >= IPV6_SIZE && hex[0] >> 4 == 6;
}

void text_believe_hex(struct text_packet *packet, const uint8_t *ip, uint16_t type, size_t size)
{
    const bool v6 = type == ETHERTYPE_IPV6;
    const size_t header = v6 ? 40 : (size_t)(ip[0] & 15) * 4;
    if (packet->kind != TEXT_TCP || size < header + 20 || ip[v6 ? 6 : 9] != 6)
        return;
    const uint8_t *tcp = ip + header;
    struct text_tcp *t = &packet->tcp;
    struct text_ip *a = &packet->ip;
    const struct address src = v6 ? address_from_ipv6(ip + 8) : address_from_ipv4(ip + 12);
    const struct address dst = v6 ? address_from_ipv6(ip + 24) : address_from_ipv4(ip + 16);
    if (a->src_named)
        source_name_beside(&a->src, &src);
    if (a->dst_named)
        source_name_beside(&a->dst, &dst);
    a->src = src;
    a->dst = dst;
    a->src_port = (uint16_t)(tcp[0] << 8 | tcp[1]);
    a->dst_port = (uint16_t)(tcp[2] << 8 | tcp[3]);
    t->seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
    t->ack = (uint32_t)tcp[8] << 24 | (uint32_t)tcp[9] << 16 | (uint32_t)tcp[10] << 8 | tcp[11];
    t->flags = tcp[13];
    t->has_seq = t->has_flags = t->absolute = true;
    t->has_ack = t->flags & 0x10;
}

static uint32_t wire_size(const uint8_t *ip, size_t size, uint16_t type)
{
    uint32_t wire = (uint32_t)size;
    if (type == ETHERTYPE_IPV4)
        wire = (uint32_t)(ip[2] << 8 | ip[3]);
    if (type == ETHERTYPE_IPV6)
        wire = IPV6_SIZE + (uint32_t)(ip[4] << 8 | ip[5]);
    return wire > size ? wire : (uint32_t)size;
}

static size_t from_hex(struct text_link *link, const uint8_t *hex, size_t hex_size, uint8_t *out, size_t room,
                       uint32_t *wire)
{
    enum { ETHERNET = 14 };
    size_t at;
    if (!text_hex_header(hex, hex_size, &at, &link->type) || hex_size - at > room)
        return 0;
    if (at == ETHERNET) {
        link->has_dst_mac = link->has_src_mac = 1;
        memcpy(link->dst_mac, hex, 6);
        memcpy(link->src_mac, hex + 6, 6);
    }
    link->unknown &= FIELD_OF_TEXT | FIELD_TIME | (at == ETHERNET ? 0 : FIELD_MAC);
    memcpy(out, hex + at, hex_size - at);
    *wire = wire_size(out, hex_size - at, link->type);
    return hex_size - at;
}

size_t text_frame(const struct text_packet *packet, uint32_t unknown, const uint8_t *hex, size_t hex_size, uint8_t *out,
                  size_t size, uint32_t *wire)
{
    struct text_link link = {.unknown = unknown | FIELD_OF_TEXT,
                             .type = packet->ip.v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
                             .direction = packet->direction,
                             .hook = packet->hook,
                             .receiver = packet->receiver,
                             .has_src_mac = packet->has_src_mac,
                             .has_dst_mac = packet->has_dst_mac};
    enum { LARGEST = 512 };
    size_t made = 0;
    memcpy(link.src_mac, packet->src_mac, sizeof link.src_mac);
    memcpy(link.dst_mac, packet->dst_mac, sizeof link.dst_mac);
    if (size < sizeof link + LARGEST)
        return 0;
    uint8_t *at = out + sizeof link;
    if (hex)
        made = from_hex(&link, hex, hex_size, at, size - sizeof link, wire);
    else if (packet->kind == TEXT_ARP) {
        link.type = ETHERTYPE_ARP;
        made = address_is_ipv4(&packet->ip.src) && address_is_ipv4(&packet->ip.dst) ? arp(packet, at) : 0;
        *wire = (uint32_t)made;
    } else if (one_family(&packet->ip) && packet->kind == TEXT_TCP)
        made = segment(packet, at, &link.unknown, wire);
    else if (one_family(&packet->ip) && packet->kind == TEXT_NEIGHBOUR) {
        made = neighbour(packet, at);
        *wire = (uint32_t)made;
    } else if (one_family(&packet->ip) && packet->kind == TEXT_ICMP) {
        made = icmp_error(packet, at);
        *wire = (uint32_t)made;
    }
    memcpy(out, &link, sizeof link);
    *wire += (uint32_t)sizeof link;
    return made ? made + sizeof link : 0;
}
