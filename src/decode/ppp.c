/* PPP, bare and in PPPoE's session stage. */
#include "layers.h"

#define ADDRESS_CONTROL 0xff03

enum decode_result ppp_decode(struct decoding *d, struct span s)
{
    if (s.captured >= 2 && load16(s.data) == ADDRESS_CONTROL)
        span_take(&s, 2);
    const uint8_t *h = span_take(&s, 1);
    if (!h)
        return DECODE_TRUNCATED;
    uint16_t protocol = h[0];
    if (!(protocol & 1)) { /* an odd first byte is a whole compressed protocol number (RFC 1661 section 6.5) */
        const uint8_t *low = span_take(&s, 1);
        if (!low)
            return DECODE_TRUNCATED;
        protocol = (uint16_t)(protocol << 8 | *low);
    }
    switch (protocol) {
    case 0x0021:
        return ipv4_decode(d, s);
    case 0x0057:
        return ipv6_decode(d, s);
    case 0x0281:
    case 0x0283:
        return mpls_decode(d, s);
    default:
        return DECODE_OK;
    }
}

enum decode_result pppoe_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 6);

    if (!h)
        return DECODE_TRUNCATED;
    if (h[0] != 0x11 || h[1] != 0) /* version and type 1; code 0 is session data */
        return DECODE_OK;
    return ppp_decode(d, span_limit(s, load16(h + 4)));
}
