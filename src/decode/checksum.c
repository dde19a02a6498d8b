/* The TCP checksum, and the half of it that a sender leaves for its network card. */
#include <string.h>

#include "base/checksum.h"
#include "layers.h"

/* 0 and 0xffff are the same number. */
static bool sum_equal(uint16_t a, uint16_t b)
{
    return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
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

    uint64_t pseudo = checksum_pseudo_header(packet->src.bytes, packet->dst.bytes, PROTOCOL_TCP, segment_len);
    if (checksum_fold(checksum_add(pseudo, t->header, segment_len)) == 0xffff)
        return CHECKSUM_WHOLE;
    uint16_t field;
    memcpy(&field, t->header + 16, sizeof field);
    return sum_equal(field, checksum_fold(pseudo)) ? CHECKSUM_PARTIAL : CHECKSUM_BAD;
}
