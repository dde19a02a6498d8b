/* MPLS labels (RFC 3032). They do not say what they carry; IP's version is the usual guess (RFC 4928). */
#include "layers.h"

#define BOTTOM_OF_STACK 0x01

enum decode_result mpls_decode(struct decoding *d, struct span s)
{
    while (d->link_headers++ < LINK_HEADERS_MAX) {
        const uint8_t *label = span_take(&s, 4);
        if (!label)
            return DECODE_TRUNCATED;
        if (!(label[2] & BOTTOM_OF_STACK))
            continue;
        if (s.captured == 0)
            return s.wire ? DECODE_TRUNCATED : DECODE_OK;
        uint8_t version = s.data[0] >> 4;
        return version == 4 || version == 6 ? ip_decode(d, s) : DECODE_OK;
    }
    return DECODE_OK;
}
