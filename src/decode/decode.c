#include <sshsniff/packet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoder.h"
#include "link_types.h"

#define LINKTYPE_ETHERNET 1

static const struct link_type {
    int linktype;
    const char *name;
    layer_decoder *decode;
} link_types[] = {
#define TABLE_ROW(number, text, function) {number, text, function},
    LINK_TYPES(TABLE_ROW)
#undef TABLE_ROW
};

#define LINK_TYPE_COUNT (sizeof link_types / sizeof *link_types)

static const struct link_type *link_type_find(int linktype)
{
    for (size_t i = 0; i < LINK_TYPE_COUNT; i++)
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

int decode_linktype_at(size_t index)
{
    return index < LINK_TYPE_COUNT ? link_types[index].linktype : -1;
}

void decode_linktype_names(char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < LINK_TYPE_COUNT && used < size; i++)
        if (i == 0 || strcmp(link_types[i].name, link_types[i - 1].name) != 0)
            used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", link_types[i].name);
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
    out->hook = HOOK_NONE;
    out->link_.has_src_mac = false;
    out->link_.has_dst_mac = false;
    out->link_.receiver = RECEIVER_UNKNOWN;
    out->cut = frame->caplen < frame->len;
    out->unknown = 0;
    out->udp = false;
    out->tunnel_depth = 0;
    out->nflog_prefix_len = 0;

    if (likely(frame->linktype == LINKTYPE_ETHERNET))
        return ethernet_decode(&d, s);
    const struct link_type *type = link_type_find(frame->linktype);
    return type ? type->decode(&d, s) : DECODE_UNKNOWN_LINKTYPE;
}
