/* The TCP checksum, and the half of it that a sender leaves for its network interface. */
#include <sshsniff/header_fields.h>

#include "base/checksum.h"
#include "layers.h"

enum checksum_state packet_tcp_checksum(const struct packet *packet)
{
    if (packet->kind != PACKET_TCP || packet->unknown & FIELD_SUM)
        return CHECKSUM_UNKNOWN;
    const struct tcp_view *t = &packet->tcp;
    uint32_t header_len = (uint32_t)(t->header[12] >> 4) * 4;
    uint32_t segment_len = header_len + t->payload_len;
    if (t->header_captured < segment_len)
        return CHECKSUM_UNKNOWN;

    const uint64_t pseudo = checksum_pseudo_header(packet->src.bytes, packet->dst.bytes, PROTOCOL_TCP, segment_len);
    return checksum_state_of(pseudo, t->header, segment_len, t->header + 16);
}
