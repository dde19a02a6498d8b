/* Who has an address: ARP (RFC 826) and neighbour discovery (RFC 4861). */
#include <string.h>

#include "layers.h"

#define ARP_REQUEST            1
#define ARP_REPLY              2
#define ND_SOLICITATION        135
#define ND_HOP_LIMIT           255 /* from any lower one, the packet came through a router and is forged */
#define ND_TARGET_LINK_ADDRESS 2

static const struct address no_address;

static struct address address_or_none(const uint8_t *four_bytes)
{
    return load32(four_bytes) ? address_from_ipv4(four_bytes) : no_address;
}

enum decode_result arp_decode(struct decoding *d, struct span s)
{
    static const uint8_t ethernet_ipv4[6] = {0, 1, 0x08, 0, 6, 4};
    struct packet *p = d->out;
    const uint8_t *h = span_take(&s, 28);

    if (!h)
        return DECODE_TRUNCATED;
    uint16_t operation = load16(h + 6);
    const uint8_t *sender_mac = h + 8, *sender = h + 14, *target = h + 24;
    if (memcmp(h, ethernet_ipv4, sizeof ethernet_ipv4) != 0 || (operation != ARP_REQUEST && operation != ARP_REPLY))
        return DECODE_OK;

    struct neighbour_view *n = &p->neighbour;
    p->kind = PACKET_ARP;
    p->ip_version = 4;
    p->ttl = 0;
    p->tos = 0;
    p->df = false;
    p->fragment = false;
    p->ip_id = 0;
    p->flow_label = 0;
    p->ip_payload_len = 0;
    if (memcmp(sender, target, 4) == 0) { /* gratuitous, whatever its operation says */
        n->kind = NEIGHBOUR_ANNOUNCEMENT;
        n->asker = n->target = address_or_none(sender);
        memcpy(n->target_mac, sender_mac, 6);
    } else if (operation == ARP_REQUEST) {
        n->kind = NEIGHBOUR_REQUEST;
        n->asker = address_or_none(sender);
        n->target = address_from_ipv4(target);
        memset(n->target_mac, 0, 6);
    } else {
        n->kind = NEIGHBOUR_REPLY;
        n->asker = address_or_none(target);
        n->target = address_from_ipv4(sender);
        memcpy(n->target_mac, sender_mac, 6);
    }
    n->padded = s.wire > 0;
    p->src = n->asker;
    p->dst = n->target;
    return DECODE_OK;
}

/* The answer is in an option; without one, it is the MAC address that sent the answer (RFC 4861 section 4.4). */
static void target_mac_read(struct packet *p, struct span options)
{
    uint8_t *mac = p->neighbour.target_mac;

    if (packet_src_mac(p))
        memcpy(mac, packet_src_mac(p), 6);
    while (options.captured >= 8) {
        const uint8_t *option = options.data;
        if (option[0] == ND_TARGET_LINK_ADDRESS)
            memcpy(mac, option + 2, 6);
        if (option[1] == 0 || !span_take(&options, option[1] * 8u))
            return;
    }
}

enum decode_result neighbour_discovery_decode(struct decoding *d, struct span s)
{
    struct packet *p = d->out;
    const uint8_t *h = span_take(&s, 24);

    if (!h)
        return DECODE_TRUNCATED;
    if (p->ttl != ND_HOP_LIMIT)
        return DECODE_OK;
    struct neighbour_view *n = &p->neighbour;
    p->kind = PACKET_ARP;
    n->target = address_from_ipv6(h + 8);
    memset(n->target_mac, 0, 6);
    n->padded = false;
    if (h[0] == ND_SOLICITATION) {
        n->kind = NEIGHBOUR_REQUEST;
        n->asker = p->src;
    } else {
        n->kind = NEIGHBOUR_REPLY;
        n->asker = p->dst;
        target_mac_read(p, s);
    }
    return DECODE_OK;
}
