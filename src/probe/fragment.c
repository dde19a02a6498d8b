#include <netinet/in.h>
#include <string.h>

#include "fragment.h"
#include "probe_packets.h"
#include "sweep_packet.h"

enum {
    IPV6_HEADER = 40,
    FRAGMENT_HEADER = 8,
    TCP_FIRST = SWEEP_MSS_OPTION + 20, /* a multiple of 8, as all fragments but the last must be */
    FAR =
        0x1fff, /* the last place that a fragment can have: with more than seven bytes the datagram would be too long */
};

/* IPv6's header makes room for the fragment header behind it; in IPv4 two bytes of the header say it all. */
static size_t make_ipv6(const uint8_t *whole, size_t payload, uint16_t place, uint32_t id, uint8_t *out)
{
    uint8_t *header = out + IPV6_HEADER;
    memcpy(out, whole, IPV6_HEADER);
    out[4] = 0;
    out[5] = (uint8_t)(FRAGMENT_HEADER + payload);
    out[6] = IPPROTO_FRAGMENT;
    memset(header, 0, FRAGMENT_HEADER);
    header[0] = IPPROTO_TCP;
    header[2] = (uint8_t)(place >> 8);
    header[3] = (uint8_t)place;
    for (int i = 0; i < 4; i++)
        header[4 + i] = (uint8_t)(id >> (24 - 8 * i));
    return IPV6_HEADER + FRAGMENT_HEADER;
}

static size_t make_ipv4(const uint8_t *whole, uint16_t id, uint8_t *out)
{
    memcpy(out, whole, 20);
    out[4] = (uint8_t)(id >> 8);
    out[5] = (uint8_t)id;
    out[6] = 0x20; /* more fragments, and no DF */
    out[7] = 0;
    sweep_packet_seal(out);
    return 20;
}

size_t fragment_make(const struct address *from, const struct address *to, const struct probe_packet *probe_packet,
                     unsigned index, uint8_t out[FRAGMENT_MAX])
{
    struct sweep_packet syn;
    bool far = probe_packet->kind == ASK_FAR_FRAGMENT;
    size_t payload = far ? probe_payload_size(index) : TCP_FIRST, at;
    sweep_packet_make(&syn, from, to, probe_packet->source_port, TCP_SYN);
    sweep_packet_aim(&syn, syn.bytes, probe_packet->port, probe_packet->seq);
    uint8_t *ip = syn.bytes + SWEEP_LINK_SIZE;
    memset(out, 0, FRAGMENT_MAX);
    if (payload > FRAGMENT_MAX - IPV6_HEADER - FRAGMENT_HEADER)
        return 0;
    if (address_is_ipv4(to)) {
        ip[1] = probe_packet->tos;
        at = make_ipv4(ip, probe_packet->source_port, out);
    } else {
        ip[0] = (uint8_t)(0x60 | probe_packet->tos >> 4);
        ip[1] = (uint8_t)(probe_packet->tos << 4);
        at = make_ipv6(ip, payload, far ? FAR << 3 : 1, probe_packet->seq, out);
    }
    if (!far)
        memcpy(out + at, syn.bytes + syn.tcp_at, TCP_FIRST);
    return at + payload;
}
