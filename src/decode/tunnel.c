/* Tunnels: what they carry is the packet, and they are not. */
#include <string.h>

#include "layers.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000
#define GRE_KEY      0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION  0x0007

/* Where nothing readable is inside, or tunnels nest too deep, the outer packet stands as PACKET_OTHER. */
enum decode_result tunnel_decode(struct decoding *d, layer_decoder *inner, struct span s)
{
    struct packet *p = d->out;
    unsigned char outer[offsetof(struct packet, tcp)];

    if (p->tunnel_depth >= TUNNELS_MAX)
        return DECODE_OK;
    memcpy(outer, p, sizeof outer);
    p->tunnel_depth++;
    p->kind = PACKET_NOT_IP;
    enum decode_result result = inner(d, s);
    if (p->kind != PACKET_NOT_IP)
        return result;
    memcpy(p, outer, sizeof outer);
    return p->cut ? result : DECODE_OK; /* whole, and no tunnel: another use of the port or protocol */
}

/* A mirrored frame. Type I has no header of its own and no sequence number, type II has both. */
static enum decode_result erspan_decode(struct decoding *d, struct span s, bool has_header)
{
    if (has_header && !span_take(&s, 8))
        return DECODE_TRUNCATED;
    return tunnel_decode(d, ethernet_decode, s);
}

static enum decode_result carried_decode(struct decoding *d, uint16_t type, struct span s)
{
    switch (type) {
    case ETHERTYPE_IPV4:
        return tunnel_decode(d, ipv4_decode, s);
    case ETHERTYPE_IPV6:
        return tunnel_decode(d, ipv6_decode, s);
    case ETHERTYPE_BRIDGING:
        return tunnel_decode(d, ethernet_decode, s);
    case ETHERTYPE_MPLS:
        return tunnel_decode(d, mpls_decode, s);
    default:
        return DECODE_OK;
    }
}

enum decode_result gre_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 4);

    if (!h)
        return DECODE_TRUNCATED;
    uint16_t flags = load16(h), type = load16(h + 2);
    if (flags & (GRE_ROUTING | GRE_VERSION))
        return DECODE_OK;
    uint32_t options = 0;
    for (uint16_t flag = GRE_SEQUENCE; flag; flag = (uint16_t)(flag << 1))
        if (flags & flag)
            options += 4; /* checksum, key, sequence number: four bytes each */
    if (!span_take(&s, options))
        return DECODE_TRUNCATED;
    if (type == ETHERTYPE_ERSPAN)
        return erspan_decode(d, s, (flags & GRE_SEQUENCE) != 0);
    return carried_decode(d, type, s);
}

enum decode_result vxlan_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 8);

    if (!h || !(h[0] & 0x08)) /* the flag that a network identifier is there, which must be set */
        return h || !d->out->cut ? DECODE_OK : DECODE_TRUNCATED;
    return tunnel_decode(d, ethernet_decode, s);
}

enum decode_result geneve_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 8);

    if (!h || !span_take(&s, (h[0] & 0x3fu) * 4)) /* options, of no use here */
        return d->out->cut ? DECODE_TRUNCATED : DECODE_OK;
    return h[0] >> 6 == 0 ? carried_decode(d, load16(h + 2), s) : DECODE_OK;
}
