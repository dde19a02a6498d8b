#include "quick_parse.h"

#include <string.h>

#include "decode/layers.h"
#include "raw_headers.h"

#define LINKTYPE_ETHERNET 1
#define UDP_HEADER        8

/* What kind of frame comes next cannot be foreseen: a branch on it costs more than all that is computed here. So both
 * protocols are read in one way, and there are branches only where one side is rare. */

static uint32_t either(bool condition, uint32_t yes, uint32_t no)
{
    return no ^ ((yes ^ no) & -(uint32_t)condition);
}

static bool opens_or_refuses(const uint8_t *h, bool payload, struct quick *out)
{
    uint8_t what = tcp_flags(h) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
    if (payload || (what != TCP_SYN && what != (TCP_RST | TCP_ACK)))
        return false;
    out->opening = true;
    out->flags = tcp_flags(h);
    out->seq = tcp_seq(h);
    out->ack = tcp_ack(h);
    return true;
}

/* UDP so short that a TCP header would not fit. */
static bool quick_parse_short(bool tcp, const uint8_t *h, uint32_t captured, struct quick *out)
{
    if (tcp || captured < UDP_HEADER || load16(h + 4) < UDP_HEADER)
        return false;
    out->src_port = tcp_src_port(h);
    out->dst_port = tcp_dst_port(h);
    return !udp_has_service(out->src_port, out->dst_port);
}

static bool begins_with_ssh(const uint8_t *h, uint32_t header, uint32_t captured)
{
    uint32_t first;
    const bool there = captured - header >= sizeof first;
    memcpy(&first, h + either(there, header, captured - (uint32_t)sizeof first), sizeof first);
    return there & (memcmp(&first, "SSH-", sizeof first) == 0);
}

/* Of a packet whose every byte up to its payload was captured. */
static bool quick_parse_payload(uint8_t protocol, const uint8_t *h, uint32_t captured, uint32_t wire, struct quick *out)
{
    const bool tcp = protocol == PROTOCOL_TCP;
    out->is_tcp = tcp;
    out->opening = false;
    if (!(tcp | (protocol == PROTOCOL_UDP)))
        return false;
    if (captured < TCP_HEADER)
        return quick_parse_short(tcp, h, captured, out);
    const uint32_t least = either(tcp, TCP_HEADER, UDP_HEADER);
    const uint32_t header = either(tcp, tcp_header_len(h), UDP_HEADER);
    if ((header < least) | (header > captured) | (!tcp & (load16(h + 4) < UDP_HEADER)))
        return false;
    out->src_port = tcp_src_port(h);
    out->dst_port = tcp_dst_port(h);
    if (tcp & ((tcp_flags(h) & (TCP_SYN | TCP_FIN | TCP_RST)) != 0))
        return opens_or_refuses(h, header != wire, out);
    const bool service = !tcp & udp_may_have_service(out->src_port, out->dst_port);
    const bool ssh = tcp & begins_with_ssh(h, header, captured);
    if (likely(!(service | ssh)))
        return true;
    return service && !udp_has_service(out->src_port, out->dst_port);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool quick_parse_ipv4(const uint8_t *h, uint32_t captured, uint32_t wire, struct quick *out)
{
    uint32_t total = captured < IPV4_HEADER ? 0 : load16(h + 2);
    if (total < IPV4_HEADER || total > wire || h[0] != 0x45 || load16(h + 6) & 0x3fff) /* options, or a fragment */
        return false;
    out->src = address_from_ipv4(h + 12);
    out->dst = address_from_ipv4(h + 16);
    out->tos = ipv4_tos(h);
    out->ttl = ipv4_ttl(h);
    return quick_parse_payload(h[9], h + IPV4_HEADER, least(captured, total) - IPV4_HEADER, total - IPV4_HEADER, out);
}

static bool quick_parse_ipv6(const uint8_t *h, uint32_t captured, uint32_t wire, struct quick *out)
{
    uint32_t payload = captured < IPV6_HEADER ? 0 : load16(h + 4);
    if (payload == 0 || payload > wire - IPV6_HEADER || h[0] >> 4 != 6)
        return false;
    out->src = address_from_ipv6(h + 8);
    out->dst = address_from_ipv6(h + 24);
    out->tos = ipv6_tos(h);
    out->ttl = ipv6_ttl(h);
    return quick_parse_payload(h[6], h + IPV6_HEADER, least(captured - IPV6_HEADER, payload), payload, out);
}

bool quick_parse(const struct frame *frame, struct quick *out)
{
    const uint8_t *h = frame->data;
    if (frame->linktype != LINKTYPE_ETHERNET || frame->caplen < ETHERNET_HEADER || frame->len < frame->caplen)
        return false;
    uint16_t type = load16(h + 12);
    uint32_t captured = frame->caplen - ETHERNET_HEADER, wire = frame->len - ETHERNET_HEADER;
    out->src_mac = h + 6;
    if (likely(type == ETHERTYPE_IPV4))
        return quick_parse_ipv4(h + ETHERNET_HEADER, captured, wire, out);
    return type == ETHERTYPE_IPV6 && quick_parse_ipv6(h + ETHERNET_HEADER, captured, wire, out);
}
