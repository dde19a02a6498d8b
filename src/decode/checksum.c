/* The TCP checksum (RFC 9293 section 3.1), and the half of it that a sender leaves for its network card.
 *
 * Ones' complement sums do not mind the byte order in which words are added (RFC 1071), so they are added as they lie
 * in memory, and nothing is swapped but the numbers that come from elsewhere.
 */
#include <arpa/inet.h>
#include <string.h>

#include "layers.h"

static uint64_t sum_add(uint64_t sum, const uint8_t *at, size_t len)
{
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t words;
        memcpy(&words, at, 8);
        sum += (words & 0xffffffff) + (words >> 32); /* 64 bits hold the carries of four thousand million words */
    }
    if (len >= 4) {
        uint32_t word;
        memcpy(&word, at, 4);
        sum += word;
        at += 4;
        len -= 4;
    }
    if (len == 0)
        return sum;
    uint8_t rest[4] = {0};
    memcpy(rest, at, len);
    uint32_t word;
    memcpy(&word, rest, 4);
    return sum + word;
}

static uint16_t sum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)((sum >> 16) + (sum & 0xffff));
}

/* The prefix that makes an IPv4 address a mapped one adds 0xffff, which is nothing in ones' complement: one sum serves
 * both families. So do the upper halves of the length and of the protocol number in IPv6's pseudo-header, which are 0.
 */
static uint64_t pseudo_header_sum(const struct packet *p, uint32_t segment_len)
{
    uint64_t sum = sum_add(0, p->src.bytes, sizeof p->src.bytes);
    sum = sum_add(sum, p->dst.bytes, sizeof p->dst.bytes);
    return sum + htonl(segment_len) + htons(PROTOCOL_TCP);
}

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

    uint64_t pseudo = pseudo_header_sum(packet, segment_len);
    if (sum_fold(sum_add(pseudo, t->header, segment_len)) == 0xffff)
        return CHECKSUM_WHOLE;
    uint16_t field;
    memcpy(&field, t->header + 16, sizeof field);
    return sum_equal(field, sum_fold(pseudo)) ? CHECKSUM_PARTIAL : CHECKSUM_BAD;
}
