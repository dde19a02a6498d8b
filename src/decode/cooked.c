/* Headers that a capturing machine makes up: Linux cooked (`-i any`), and the BSDs' loopback. */
#include <string.h>

#include "layers.h"

#define PROTOCOL_802_2 0x0004 /* ETH_P_802_2: LLC without a length of its own */

/* Types 0 to 2 came to this machine, 4 left it; 3 is between others, which says nothing of a direction. */
static enum packet_direction direction_of(uint16_t packet_type)
{
    if (packet_type == 4)
        return DIRECTION_OUT;
    return packet_type <= 2 ? DIRECTION_IN : DIRECTION_UNKNOWN;
}

/* 0: to this machine alone; 1 and 2: broadcast and multicast; 3: seen on its way to another one (on a bridge). Of what
 * this machine sent (4) the header does not say whom it went to. */
static enum link_receiver receiver_of(uint16_t packet_type)
{
    static const enum link_receiver receivers[] = {RECEIVER_ONE, RECEIVER_GROUP, RECEIVER_GROUP, RECEIVER_ONE};
    return packet_type < sizeof receivers / sizeof *receivers ? receivers[packet_type] : RECEIVER_UNKNOWN;
}

static void packet_type_read(struct packet *p, uint16_t packet_type)
{
    p->direction = direction_of(packet_type);
    p->link_.receiver = receiver_of(packet_type);
}

static enum decode_result cooked_payload(struct decoding *d, uint16_t protocol, const uint8_t *mac, uint16_t mac_len,
                                         struct span s)
{
    if (mac_len == 6) {
        d->out->link_.has_src_mac = true;
        memcpy(d->out->link_.src_mac, mac, 6);
    }
    if (protocol == PROTOCOL_802_2)
        return llc_decode(d, s);
    return protocol >= ETHERTYPE_MIN ? ethertype_decode(d, protocol, s) : DECODE_OK;
}

enum decode_result cooked_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 16);

    if (!h)
        return DECODE_TRUNCATED;
    packet_type_read(d->out, load16(h));
    return cooked_payload(d, load16(h + 14), h + 6, load16(h + 4), s);
}

enum decode_result cooked2_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 20);

    if (!h)
        return DECODE_TRUNCATED;
    d->out->interface = load32(h + 4);
    packet_type_read(d->out, h[10]);
    return cooked_payload(d, load16(h), h + 12, h[11], s);
}

/* An address family in the byte order of the machine that captured; AF_INET6 differs from system to system. */
enum decode_result loopback_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 4);

    if (!h)
        return DECODE_TRUNCATED;
    uint32_t family = load32(h);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:
        return ipv4_decode(d, s);
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return ipv6_decode(d, s);
    default:
        return DECODE_OK;
    }
}
