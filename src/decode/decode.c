#include <sshsniff/packet.h>

#include <stdlib.h>
#include <string.h>

#include "decoder.h"
#include "layers.h"

#define LINKTYPE_ETHERNET 1

/* https://www.tcpdump.org/linktypes.html */
static const struct link_type {
    int linktype;
    layer_decoder *decode;
} link_types[] = {
    {LINKTYPE_ETHERNET, ethernet_decode},
    {113, cooked_decode},
    {276, cooked2_decode},
    {101, ip_decode},
    {12, ip_decode}, /* RAW as the BSDs number it; found in files that were not written by libpcap */
    {14, ip_decode},
    {228, ipv4_decode},
    {229, ipv6_decode},
    {0, loopback_decode},
    {108, loopback_decode},
    {9, ppp_decode},
    {50, ppp_hdlc_decode},
    {51, pppoe_decode},
    {104, cisco_hdlc_decode},
};

static const struct link_type *link_type_find(int linktype)
{
    for (size_t i = 0; i < sizeof link_types / sizeof *link_types; i++)
        if (link_types[i].linktype == linktype)
            return &link_types[i];
    return NULL;
}

/* A loopback device's frames have MAC addresses of zeros, which are nobody's. */
enum link_receiver packet_link_receiver(const struct packet *packet)
{
    static const uint8_t none[6];
    const uint8_t *mac = packet_dst_mac(packet);
    if (!mac)
        return packet->link_.receiver;
    if (memcmp(mac, none, sizeof none) == 0)
        return RECEIVER_UNKNOWN;
    return mac[0] & 1 ? RECEIVER_GROUP : RECEIVER_ONE;
}

bool decode_knows_linktype(int linktype)
{
    return link_type_find(linktype) != NULL;
}

struct decoder *decoder_new(void)
{
    return calloc(1, sizeof(struct decoder));
}

void decoder_free(struct decoder *decoder)
{
    if (decoder)
        fragments_free(decoder->fragments);
    free(decoder);
}

/* Only what decode.h says is always set: clearing the whole struct would cost more than decoding most frames. */
enum decode_result decode_frame(struct decoder *decoder, const struct frame *frame, struct packet *out)
{
    struct decoding d = {.decoder = decoder, .out = out};
    struct span s = {frame->data, frame->caplen, frame->len > frame->caplen ? frame->len : frame->caplen};

    out->kind = PACKET_NOT_IP;
    out->ts_us = frame->ts_us;
    out->number = frame->number;
    out->interface = frame->interface;
    out->direction = DIRECTION_UNKNOWN;
    out->link_.has_src_mac = false;
    out->link_.has_dst_mac = false;
    out->link_.receiver = RECEIVER_UNKNOWN;
    out->cut = frame->caplen < frame->len;
    out->tunnel_depth = 0;

    if (likely(frame->linktype == LINKTYPE_ETHERNET))
        return ethernet_decode(&d, s);
    const struct link_type *type = link_type_find(frame->linktype);
    return type ? type->decode(&d, s) : DECODE_UNKNOWN_LINKTYPE;
}
