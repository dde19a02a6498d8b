/* Frames that were made from text: what the text did not print is said to be unknown. */
#include <string.h>

#include <sshsniff/header_fields.h>

#include "link_types.h"

enum decode_result text_decode(struct decoding *d, struct span s)
{
    struct packet *p = d->out;
    struct text_link link;
    const uint8_t *h = span_take(&s, sizeof link);

    if (!h)
        return DECODE_TRUNCATED;
    memcpy(&link, h, sizeof link);
    p->unknown = link.unknown;
    p->direction = link.direction;
    p->hook = link.hook;
    p->link_.receiver = link.receiver;
    const bool macs = !(link.unknown & FIELD_MAC);
    p->link_.has_src_mac = macs && link.has_src_mac;
    p->link_.has_dst_mac = macs && link.has_dst_mac;
    memcpy(p->link_.src_mac, link.src_mac, sizeof link.src_mac);
    memcpy(p->link_.dst_mac, link.dst_mac, sizeof link.dst_mac);
    return ethertype_decode(d, link.type, s);
}
