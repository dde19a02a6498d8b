/* IEEE 802.11 (Wi-Fi in monitor mode), bare or behind what the capturing machine says of the radio: radiotap, AVS or
 * Prism. Only data frames lead to IP. An access point's encryption is not opened: such frames are counted.
 *
 * IEEE 802.11-2020 section 9.2 and 9.3.2; https://www.radiotap.org/; AVS and Prism: tcpdump.org's list of link types */
#include <string.h>

#include "link_types.h"

#define TYPE_DATA        2
#define SUBTYPE_NO_DATA  0x4
#define SUBTYPE_QOS      0x8
#define FLAG_TO_DS       0x01
#define FLAG_FROM_DS     0x02
#define FLAG_PROTECTED   0x40
#define FLAG_ORDER       0x80 /* of a QoS frame: an HT control field follows */
#define QOS_AGGREGATE    0x80 /* several packets in one frame (A-MSDU) */
#define FRAGMENT_NUMBER  0x0f
#define HEADER           24
#define AGGREGATE_HEADER 14

static uint16_t load16_little(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t load32_little(const uint8_t *p)
{
    return __builtin_bswap32(load32(p));
}

static void set_macs(struct packet *p, const uint8_t *dst, const uint8_t *src)
{
    p->link_.has_src_mac = true;
    p->link_.has_dst_mac = true;
    memcpy(p->link_.dst_mac, dst, 6);
    memcpy(p->link_.src_mac, src, 6);
}

/* Of the packets in an aggregate only the first is read: one frame is one packet to the rooms that follow. */
static enum decode_result aggregate_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, AGGREGATE_HEADER);
    if (!h)
        return DECODE_TRUNCATED;
    set_macs(d->out, h, h + 6);
    return llc_decode(d, span_limit(s, load16(h + 12)));
}

/* `h`: the first 24 bytes of the header, which `s` begins behind. `pad`: the header is filled up to four bytes. */
static enum decode_result data_decode(struct decoding *d, const uint8_t *h, struct span s, bool pad)
{
    const uint8_t ds = h[1] & (FLAG_TO_DS | FLAG_FROM_DS), subtype = h[0] >> 4;
    const uint8_t *fourth = h + 10, *qos = NULL;
    uint32_t length = HEADER;

    if (ds == (FLAG_TO_DS | FLAG_FROM_DS)) { /* between access points */
        if (!(fourth = span_take(&s, 6)))
            return DECODE_TRUNCATED;
        length += 6;
    }
    set_macs(d->out, ds & FLAG_TO_DS ? h + 16 : h + 4, ds == FLAG_FROM_DS ? h + 16 : fourth);
    if (subtype & SUBTYPE_QOS) {
        const uint32_t control = h[1] & FLAG_ORDER ? 6 : 2;
        if (!(qos = span_take(&s, control)))
            return DECODE_TRUNCATED;
        length += control;
    }
    if (subtype & SUBTYPE_NO_DATA)
        return DECODE_OK;
    if (h[1] & FLAG_PROTECTED)
        return DECODE_PROTECTED;
    if (h[22] & FRAGMENT_NUMBER) /* the radio's own fragments are not put together */
        return DECODE_TRUNCATED;
    if (pad && length % 4 && !span_take(&s, 4 - length % 4))
        return DECODE_TRUNCATED;
    return qos && qos[0] & QOS_AGGREGATE ? aggregate_decode(d, s) : llc_decode(d, s);
}

static enum decode_result frame_decode(struct decoding *d, struct span s, bool pad)
{
    if (s.captured < 1)
        return DECODE_TRUNCATED;
    if ((s.data[0] & 0x0f) != TYPE_DATA << 2) /* version 0 is the only one; not data: nothing of IP */
        return DECODE_OK;
    const uint8_t *h = span_take(&s, HEADER);
    return h ? data_decode(d, h, s, pad) : DECODE_TRUNCATED;
}

enum decode_result wlan_decode(struct decoding *d, struct span s)
{
    return frame_decode(d, s, false);
}

/* Radiotap's flags: the second of its fields, the first being an eight-byte time on an eight-byte boundary. Which
 * fields there are say words of 32 bits, the highest of each telling that another follows. 0 where there are none. */
static uint8_t radiotap_flags(const uint8_t *h, uint32_t length)
{
    const uint32_t present = load32_little(h + 4);
    uint32_t at = 4;
    while (at + 4 <= length && load32_little(h + at) & UINT32_C(0x80000000))
        at += 4;
    at += 4;
    if (present & 1)
        at = ((at + 7) & ~UINT32_C(7)) + 8;
    return present & 2 && at < length ? h[at] : 0;
}

enum decode_result wlan_radiotap_decode(struct decoding *d, struct span s)
{
    enum { LEAST = 8, CHECK_AT_END = 0x10, PADDED = 0x20, DAMAGED = 0x40, CHECK = 4 };

    if (s.captured < LEAST)
        return DECODE_TRUNCATED;
    if (s.data[0] != 0) /* a version that does not exist yet */
        return DECODE_OK;
    const uint32_t length = load16_little(s.data + 2);
    const uint8_t *h = length < LEAST ? NULL : span_take(&s, length);
    if (!h)
        return DECODE_TRUNCATED;
    const uint8_t flags = radiotap_flags(h, length);
    if (flags & DAMAGED)
        return DECODE_TRUNCATED;
    if (flags & CHECK_AT_END && s.wire >= CHECK)
        s = span_limit(s, s.wire - CHECK);
    return frame_decode(d, s, (flags & PADDED) != 0);
}

/* Both of them hold their length in the second word; AVS in network order, Prism in that of the machine. */
enum decode_result wlan_avs_decode(struct decoding *d, struct span s)
{
    enum { AVS = 0x802110, LEAST = 8, MOST = 0xffff };

    if (s.captured < LEAST)
        return DECODE_TRUNCATED;
    const bool avs = load32(s.data) >> 8 == AVS;
    uint32_t length = load32(s.data + 4);
    if (!avs && length > MOST)
        length = __builtin_bswap32(length);
    if (length < LEAST || !span_take(&s, length))
        return DECODE_TRUNCATED;
    return frame_decode(d, s, false);
}
