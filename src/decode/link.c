/* Ethernet, and whatever else an EtherType leads to. */
#include <string.h>

#include "layers.h"

#define ETHERNET_LENGTH_MAX 1500 /* IEEE 802.3: up to here the field is a length, and LLC follows */

enum decode_result ethernet_decode(struct decoding *d, struct span s)
{
    struct packet *p = d->out;
    const uint8_t *h = span_take(&s, 14);

    if (!h)
        return DECODE_TRUNCATED;
    p->link_.has_src_mac = true;
    p->link_.has_dst_mac = true;
    memcpy(p->link_.dst_mac, h, 6);
    memcpy(p->link_.src_mac, h + 6, 6);
    uint16_t type = load16(h + 12);
    if (likely(type == ETHERTYPE_IPV4))
        return ipv4_decode(d, s);
    return ethertype_decode(d, type, s);
}

/* IEEE 802.2, with SNAP (RFC 1042) or with IP's own service access point. */
enum decode_result llc_decode(struct decoding *d, struct span s)
{
    static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    static const uint8_t ip[3] = {0x06, 0x06, 0x03};

    if (s.captured >= sizeof ip && memcmp(s.data, ip, sizeof ip) == 0) {
        span_take(&s, sizeof ip);
        return ipv4_decode(d, s);
    }
    const uint8_t *h = span_take(&s, 8);
    if (!h)
        return DECODE_TRUNCATED;
    uint16_t type = load16(h + 6);
    if (memcmp(h, snap, sizeof snap) != 0 || type < ETHERTYPE_MIN)
        return DECODE_OK;
    return ethertype_decode(d, type, s);
}

static enum decode_result vlan_decode(struct decoding *d, struct span s)
{
    const uint8_t *tag = span_take(&s, 4);
    return tag ? ethertype_decode(d, load16(tag + 2), s) : DECODE_TRUNCATED;
}

enum decode_result ethertype_decode(struct decoding *d, uint16_t type, struct span s)
{
    if (d->link_headers++ >= LINK_HEADERS_MAX)
        return DECODE_OK;
    switch (type) {
    case ETHERTYPE_IPV4:
        return ipv4_decode(d, s);
    case ETHERTYPE_IPV6:
        return ipv6_decode(d, s);
    case ETHERTYPE_ARP:
        return arp_decode(d, s);
    case ETHERTYPE_VLAN:
    case ETHERTYPE_SERVICE_VLAN:
    case ETHERTYPE_OLD_SERVICE_VLAN:
        return vlan_decode(d, s);
    case ETHERTYPE_PPPOE_SESSION:
        return pppoe_decode(d, s);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
        return mpls_decode(d, s);
    case ETHERTYPE_BRIDGING:
        return ethernet_decode(d, s);
    default:
        return type <= ETHERNET_LENGTH_MAX ? llc_decode(d, span_limit(s, type)) : DECODE_OK;
    }
}
