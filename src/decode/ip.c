/* IPv4 and IPv6, up to the header that they carry. */
#include "decoder.h"
#include "layers.h"

#define IPV4_HEADER  20
#define IPV4_DF      0x4000
#define IPV4_MF      0x2000
#define IPV4_OFFSET  0x1fff
#define IPV6_HEADER  40
#define IPV6_NO_NEXT 59

enum decode_result ip_payload_decode(struct decoding *d, uint8_t protocol, struct span s)
{
    if (likely(protocol == PROTOCOL_TCP))
        return tcp_decode(d, s);
    switch (protocol) {
    case PROTOCOL_UDP:
        return udp_decode(d, s);
    case PROTOCOL_ICMP:
        return d->out->ip_version == 4 ? icmp_decode(d, s) : DECODE_OK;
    case PROTOCOL_ICMPV6:
        return d->out->ip_version == 6 ? icmpv6_decode(d, s) : DECODE_OK;
    case PROTOCOL_IPV4:
        return tunnel_decode(d, ipv4_decode, s);
    case PROTOCOL_IPV6:
        return tunnel_decode(d, ipv6_decode, s);
    case PROTOCOL_GRE:
        return gre_decode(d, s);
    default:
        return DECODE_OK;
    }
}

/* Steps over extension headers, IPsec's AH among them, which IPv4 may carry too, and hands on what they end at. */
static enum decode_result extensions_decode(struct decoding *d, struct extensions at);

/* The fields of the header that a reassembled datagram keeps are those of its first fragment. */
static void header_restore(struct packet *p, const struct datagram_header *h)
{
    p->ttl = h->ttl;
    p->tos = h->tos;
    p->df = h->df;
    p->flow_label = h->flow_label;
    p->fragment = false;
}

static enum decode_result fragment_decode(struct decoding *d, uint8_t protocol, const struct fragment_place *place,
                                          struct span s)
{
    struct packet *p = d->out;
    struct fragment piece = {
        .key = {p->src, p->dst, place->id, p->ip_version, p->ip_version == 4 ? protocol : 0},
        .header = {.ttl = p->ttl, .tos = p->tos, .df = p->df, .flow_label = p->flow_label, .protocol = protocol},
        .offset = place->offset,
        .more = place->more,
        .bytes = s,
        .ts_us = p->ts_us,
    };
    struct datagram_header header;
    struct span whole;

    p->fragment = true;
    if (d->reassembled || !fragments_add(&d->decoder->fragments, &piece, &header, &whole))
        return DECODE_OK;
    d->reassembled = true;
    header_restore(p, &header);
    p->ip_payload_len = whole.wire;
    return extensions_decode(d, (struct extensions){.next = header.protocol, .rest = whole});
}

static enum decode_result extensions_decode(struct decoding *d, struct extensions at)
{
    struct fragment_place place;

    if (d->out->ip_version == 4 && at.next != PROTOCOL_AUTHENTICATION)
        return ip_payload_decode(d, at.next, at.rest);
    while (true) {
        if (!extensions_skip(&at))
            return DECODE_TRUNCATED;
        d->out->ip_payload_len = at.rest.wire;
        if (at.next != PROTOCOL_FRAGMENT)
            break;
        if (!extensions_take_fragment(&at, &place))
            return DECODE_TRUNCATED;
        d->out->ip_payload_len = at.rest.wire;
        if (place.offset || place.more) /* else an atomic fragment (RFC 6946), which is whole */
            return fragment_decode(d, at.next, &place, at.rest);
    }
    /* On its way between routers, a segment's destination is not that of its connection. */
    if (at.en_route && (at.next == PROTOCOL_TCP || at.next == PROTOCOL_UDP || at.next == PROTOCOL_ICMPV6))
        return DECODE_OK;
    return ip_payload_decode(d, at.next, at.rest);
}

static enum decode_result ipv4_unusual(struct decoding *d, const uint8_t *h, struct span s)
{
    uint16_t fragment = load16(h + 6);

    if (fragment & (IPV4_MF | IPV4_OFFSET)) {
        struct fragment_place place = {(fragment & IPV4_OFFSET) * 8u, (fragment & IPV4_MF) != 0, load16(h + 4)};
        return fragment_decode(d, h[9], &place, s);
    }
    return extensions_decode(d, (struct extensions){.next = h[9], .rest = s});
}

enum decode_result ipv4_decode(struct decoding *d, struct span s)
{
    struct packet *p = d->out;
    const uint8_t *h = s.data;

    if (unlikely(s.captured < IPV4_HEADER))
        return DECODE_TRUNCATED;
    uint32_t header_len = (h[0] & 0x0fu) * 4;
    uint32_t total_len = load16(h + 2);
    if (unlikely(total_len == 0)) /* left for the interface to fill in (segmentation offload) */
        total_len = s.wire;
    if (unlikely(h[0] >> 4 != 4 || header_len < IPV4_HEADER || total_len < header_len))
        return DECODE_TRUNCATED;

    uint16_t fragment = load16(h + 6);
    p->kind = PACKET_OTHER;
    p->ip_version = 4;
    p->src = address_from_ipv4(h + 12);
    p->dst = address_from_ipv4(h + 16);
    p->ttl = h[8];
    p->tos = h[1];
    p->df = (fragment & IPV4_DF) != 0;
    p->fragment = false;
    p->ip_id = load16(h + 4);
    p->flow_label = 0;
    p->ip_payload_len = total_len - header_len;

    bool lies = total_len > s.wire;
    s = span_declare(s, total_len);
    if (unlikely(!span_take(&s, header_len)))
        return DECODE_TRUNCATED;
    enum decode_result result;
    if (likely(h[9] == PROTOCOL_TCP && !(fragment & (IPV4_MF | IPV4_OFFSET))))
        result = tcp_decode(d, s);
    else
        result = ipv4_unusual(d, h, s);
    return lies ? DECODE_TRUNCATED : result;
}

enum decode_result ipv6_decode(struct decoding *d, struct span s)
{
    struct packet *p = d->out;
    const uint8_t *h = span_take(&s, IPV6_HEADER);

    if (unlikely(!h || h[0] >> 4 != 6))
        return DECODE_TRUNCATED;
    uint32_t word = load32(h);
    uint32_t payload_len = load16(h + 4);
    if (unlikely(payload_len == 0 && h[6] != IPV6_NO_NEXT)) /* offload, or a jumbogram (RFC 2675) */
        payload_len = s.wire;

    p->kind = PACKET_OTHER;
    p->ip_version = 6;
    p->src = address_from_ipv6(h + 8);
    p->dst = address_from_ipv6(h + 24);
    p->ttl = h[7];
    p->tos = word >> 20 & 0xff;
    p->df = false;
    p->fragment = false;
    p->ip_id = 0;
    p->flow_label = word & 0xfffff;
    p->ip_payload_len = payload_len;

    bool lies = payload_len > s.wire;
    s = span_declare(s, payload_len);
    enum decode_result result;
    if (likely(h[6] == PROTOCOL_TCP))
        result = tcp_decode(d, s);
    else
        result = extensions_decode(d, (struct extensions){.next = h[6], .rest = s});
    return lies ? DECODE_TRUNCATED : result;
}

enum decode_result ip_decode(struct decoding *d, struct span s)
{
    if (s.captured == 0)
        return DECODE_TRUNCATED;
    return s.data[0] >> 4 == 6 ? ipv6_decode(d, s) : ipv4_decode(d, s);
}
