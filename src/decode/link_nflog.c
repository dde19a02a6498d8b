/* NFLOG: what a firewall rule that logs hands to programs (`log group N` of nftables, `-j NFLOG` of iptables): the
 * packet from its IP header on, the rule's prefix, and where the packet was, each an attribute with type and length.
 *
 * https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html; attributes: linux/netfilter/nfnetlink_log.h */
#include <string.h>

#include "link_types.h"

enum attribute {
    ATTRIBUTE_PACKET = 1,     /* EtherType (network order) and hook */
    ATTRIBUTE_IN = 4,         /* index of the interface that it came from */
    ATTRIBUTE_OUT = 5,        /* index of the interface that it leaves by */
    ATTRIBUTE_SENDER_MAC = 8, /* length of the MAC address (network order), two bytes unused, the address */
    ATTRIBUTE_PAYLOAD = 9,
    ATTRIBUTE_PREFIX = 10 /* ends with a NUL */
};

#define ATTRIBUTE_HEADER 4
#define FAMILY_IPV4      2
#define FAMILY_IPV6      10 /* Linux's, whatever reads the file: NFLOG is Linux's alone */

struct message {
    uint16_t ethertype;
    uint8_t hook; /* netfilter's number */
    uint32_t in, out;
    struct span payload;
};

/* Types are small numbers, so of the two bytes of the first one the one that is not 0 is the lower. */
static bool is_big_endian(struct span attributes)
{
    return attributes.captured >= ATTRIBUTE_HEADER && attributes.data[2] == 0;
}

static uint16_t load16_of(const uint8_t *p, bool big_endian)
{
    return big_endian ? load16(p) : (uint16_t)(p[0] | p[1] << 8);
}

static void take_prefix(struct packet *p, struct span value)
{
    const uint8_t *nul = memchr(value.data, 0, value.captured);
    size_t length = nul ? (size_t)(nul - value.data) : value.captured;
    p->nflog_prefix = value.data;
    p->nflog_prefix_len = (uint8_t)(length < UINT8_MAX ? length : UINT8_MAX);
}

static void take_attribute(struct decoding *d, uint16_t type, struct span value, struct message *message)
{
    struct packet *p = d->out;
    switch (type) {
    case ATTRIBUTE_PACKET:
        if (value.captured >= 2)
            message->ethertype = load16(value.data);
        if (value.captured >= 3)
            message->hook = value.data[2];
        break;
    case ATTRIBUTE_IN:
        if (value.captured >= 4)
            message->in = load32(value.data);
        break;
    case ATTRIBUTE_OUT:
        if (value.captured >= 4)
            message->out = load32(value.data);
        break;
    case ATTRIBUTE_SENDER_MAC:
        if (value.captured >= 10 && load16(value.data) == sizeof p->link_.src_mac) {
            p->link_.has_src_mac = true;
            memcpy(p->link_.src_mac, value.data + 4, sizeof p->link_.src_mac);
        }
        break;
    case ATTRIBUTE_PAYLOAD:
        message->payload = value;
        break;
    case ATTRIBUTE_PREFIX:
        take_prefix(p, value);
        break;
    default:
        break;
    }
}

/* False where an attribute is cut or lies about its length; those before it are taken. */
static bool take_attributes(struct decoding *d, struct span s, struct message *message)
{
    const bool big_endian = is_big_endian(s);
    while (s.wire > 0) {
        const uint8_t *h = span_take(&s, ATTRIBUTE_HEADER);
        if (!h)
            return false;
        uint16_t length = load16_of(h, big_endian), type = load16_of(h + 2, big_endian);
        if (length < ATTRIBUTE_HEADER || length - ATTRIBUTE_HEADER > (int64_t)s.wire)
            return false;
        struct span value = span_declare(s, length - (uint32_t)ATTRIBUTE_HEADER);
        take_attribute(d, type, value, message);
        if (value.captured < value.wire)
            return type == ATTRIBUTE_PAYLOAD; /* the layers above tell what is missing of it */
        uint32_t padded = (value.wire + 3u) & ~3u;
        if (!span_take(&s, padded < s.wire ? padded : s.wire)) /* the last one may lack its padding */
            return false;
    }
    return true;
}

/* A rule's own limit (`snaplen` of nftables) cuts packets where the capture does not know of it. */
static struct span whole_packet(struct packet *p, struct span payload)
{
    uint32_t length = 0;
    if (payload.captured >= 6 && payload.data[0] >> 4 == 4)
        length = load16(payload.data + 2);
    else if (payload.captured >= 6 && payload.data[0] >> 4 == 6)
        length = 40u + load16(payload.data + 4);
    if (length > payload.wire) {
        payload.wire = length;
        p->cut = true;
    }
    return payload;
}

/* What is forwarded passes both ways at once, which says nothing of a direction. */
static void set_direction(struct packet *p, const struct message *message)
{
    p->interface = message->in ? message->in : message->out;
    if (message->in && !message->out)
        p->direction = DIRECTION_IN;
    if (message->out && !message->in)
        p->direction = DIRECTION_OUT;
}

/* Those of a bridge or a device do not tell for whom a packet is. */
static void set_hook(struct packet *p, uint8_t family, uint8_t hook)
{
    enum { LAST_HOOK = HOOK_POSTROUTING - HOOK_PREROUTING };
    p->hook = HOOK_UNKNOWN;
    if ((family == FAMILY_IPV4 || family == FAMILY_IPV6) && hook <= LAST_HOOK)
        p->hook = (uint8_t)(HOOK_PREROUTING + hook);
}

/* A bridge's or a device's family says nothing of the protocol. */
static enum decode_result packet_decode(struct decoding *d, uint8_t family, uint16_t ethertype, struct span s)
{
    if (family == FAMILY_IPV4)
        return ipv4_decode(d, s);
    if (family == FAMILY_IPV6)
        return ipv6_decode(d, s);
    return ethertype >= ETHERTYPE_MIN ? ethertype_decode(d, ethertype, s) : DECODE_OK;
}

enum decode_result nflog_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 4); /* address family, version, two bytes of group number */
    struct message message = {.hook = UINT8_MAX, .payload = {s.data, 0, 0}};

    if (!h)
        return DECODE_TRUNCATED;
    if (h[1] != 0)
        return DECODE_OK;
    bool whole = take_attributes(d, s, &message);
    if (message.payload.wire == 0)
        return whole ? DECODE_OK : DECODE_TRUNCATED;
    set_direction(d->out, &message);
    set_hook(d->out, h[0], message.hook);
    struct span packet = whole_packet(d->out, message.payload);
    enum decode_result result = packet_decode(d, h[0], message.ethertype, packet);
    return whole ? result : DECODE_TRUNCATED;
}
