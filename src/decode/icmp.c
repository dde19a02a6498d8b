/* ICMP (RFC 792, 1122, 1191) and ICMPv6 (RFC 4443): the errors, and what they quote. */
#include "layers.h"

#define ICMP_HEADER 8

/* The first eight bytes of a segment are always quoted (RFC 792); today's routers quote more. A snaplen of 68 leaves
 * six of them. */
static void quote_payload(struct icmp_quote *q, uint8_t protocol, struct span s)
{
    if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)
        return;
    q->lacks_ports = s.captured < 4;
    if (q->lacks_ports)
        return;
    q->is_tcp = protocol == PROTOCOL_TCP;
    q->is_udp = protocol == PROTOCOL_UDP;
    q->src_port = load16(s.data);
    q->dst_port = load16(s.data + 2);
    q->has_seq = q->is_tcp && s.captured >= 8;
    if (!q->has_seq)
        return;
    q->seq = load32(s.data + 4);
    if (s.captured >= 14)
        q->tcp_flags = s.data[13];
}

static bool quote_ipv4(struct icmp_quote *q, struct span s)
{
    const uint8_t *h = s.data;

    if (s.captured < 20 || h[0] >> 4 != 4 || (h[0] & 0x0f) < 5)
        return false;
    q->src = address_from_ipv4(h + 12);
    q->dst = address_from_ipv4(h + 16);
    q->ttl = h[8];
    q->tos = h[1];
    q->ip_id = load16(h + 4);
    q->ip_len = load16(h + 2);
    bool first = (load16(h + 6) & 0x1fff) == 0;
    if (first && span_take(&s, (h[0] & 0x0fu) * 4))
        quote_payload(q, h[9], s);
    return true;
}

static bool quote_ipv6(struct icmp_quote *q, struct span s)
{
    const uint8_t *h = span_take(&s, 40);
    struct fragment_place place = {0};

    if (!h || h[0] >> 4 != 6)
        return false;
    uint32_t len = load16(h + 4) + 40u;
    q->src = address_from_ipv6(h + 8);
    q->dst = address_from_ipv6(h + 24);
    q->ttl = h[7];
    q->tos = load32(h) >> 20 & 0xff;
    q->ip_len = len > UINT16_MAX ? UINT16_MAX : (uint16_t)len;

    struct extensions at = {.next = h[6], .rest = s};
    if (!extensions_skip(&at))
        return true;
    if (at.next == PROTOCOL_FRAGMENT && (!extensions_take_fragment(&at, &place) || !extensions_skip(&at)))
        return true;
    if (place.offset == 0)
        quote_payload(q, at.next, at.rest);
    return true;
}

static enum decode_result error_decode(struct packet *p, struct span s)
{
    struct icmp_view *v = &p->icmp;

    p->kind = PACKET_ICMP_ERROR;
    v->quote = (struct icmp_quote){0};
    v->has_quote = p->ip_version == 4 ? quote_ipv4(&v->quote, s) : quote_ipv6(&v->quote, s);
    return v->has_quote ? DECODE_OK : DECODE_TRUNCATED;
}

static void header_read(struct icmp_view *v, const uint8_t *h)
{
    v->type = h[0];
    v->code = h[1];
    v->mtu = 0;
    v->has_quote = false;
}

enum decode_result icmp_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, ICMP_HEADER);

    if (!h)
        return DECODE_TRUNCATED;
    struct icmp_view *v = &d->out->icmp;
    header_read(v, h);
    switch (v->type) {
    case 0:
        d->out->kind = PACKET_ICMP_ECHO_REPLY;
        return DECODE_OK;
    case 3: /* destination unreachable; code 4, fragmentation needed, names the next hop's MTU */
        if (v->code == 4)
            v->mtu = load16(h + 6);
        return error_decode(d->out, s);
    case 4:  /* source quench */
    case 11: /* time exceeded */
    case 12: /* parameter problem */
        return error_decode(d->out, s);
    default: /* a redirect (5) quotes a packet too, but nothing went wrong with it */
        return DECODE_OK;
    }
}

enum decode_result icmpv6_decode(struct decoding *d, struct span s)
{
    struct span message = s;
    const uint8_t *h = span_take(&s, ICMP_HEADER);

    if (!h)
        return DECODE_TRUNCATED;
    struct icmp_view *v = &d->out->icmp;
    header_read(v, h);
    switch (v->type) {
    case 2: /* packet too big */
        v->mtu = load32(h + 4);
        return error_decode(d->out, s);
    case 1: /* destination unreachable */
    case 3: /* time exceeded */
    case 4: /* parameter problem */
        return error_decode(d->out, s);
    case 129:
        d->out->kind = PACKET_ICMP_ECHO_REPLY;
        return DECODE_OK;
    case 135:
    case 136:
        return neighbour_discovery_decode(d, message);
    default:
        return DECODE_OK;
    }
}
