/* HDLC's framings: Cisco's, which carries EtherTypes, and PPP's. A link type of PPP's may be either. */
#include "link_types.h"

#define CISCO_UNICAST   0x0f
#define CISCO_MULTICAST 0x8f

enum decode_result cisco_hdlc_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = span_take(&s, 4);

    return h ? ethertype_decode(d, load16(h + 2), s) : DECODE_TRUNCATED;
}

enum decode_result ppp_hdlc_decode(struct decoding *d, struct span s)
{
    if (s.captured && (s.data[0] == CISCO_UNICAST || s.data[0] == CISCO_MULTICAST))
        return cisco_hdlc_decode(d, s);
    return ppp_decode(d, s);
}
