/* The TCP checksum (RFC 9293 section 3.1), and the half of it that a sender leaves for its network card. */
#include <arpa/inet.h>

#include "layers.h"

/* The prefix that makes an IPv4 address a mapped one adds 0xffff, which is nothing in ones' complement: one sum serves
 * both families. So do the upper halves of the length and of the protocol number in IPv6's pseudo-header, which are 0.
 */
static uint64_t pseudo_header_sum(const struct packet *p, uint32_t segment_len)
{
    uint64_t sum = sum_add(0, p->src.bytes, sizeof p->src.bytes);
    sum = sum_add(sum, p->dst.bytes, sizeof p->dst.bytes);
    return sum + htonl(segment_len) + htons(PROTOCOL_TCP);
}

enum checksum_state packet_tcp_checksum(const struct packet *packet)
{
    if (packet->kind != PACKET_TCP)
        return CHECKSUM_UNKNOWN;
    const struct tcp_view *t = &packet->tcp;
    uint32_t header_len = (uint32_t)(t->header[12] >> 4) * 4;
    uint32_t segment_len = header_len + t->payload_len;
    if (t->header_captured < segment_len)
        return CHECKSUM_UNKNOWN;

    return checksum_state_of(pseudo_header_sum(packet, segment_len), t->header, segment_len, t->header + 16);
}
