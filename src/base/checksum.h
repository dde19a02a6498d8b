/* The Internet checksum (RFC 1071) and how it follows a change (RFC 1624).
 *
 * Ones' complement sums do not mind the byte order in which words are added, so they are added as they lie in memory,
 * and nothing is swapped but the numbers that come from elsewhere. All 16-bit values here are in network byte order, as
 * they stand in a header. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds the bytes to a sum; a last odd byte counts as the first of a word. */
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *at, size_t len)
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
    memcpy(rest, at, len & 3); /* it is no more than that, which not every compiler sees */
    uint32_t word;
    memcpy(&word, rest, 4);
    return sum + word;
}

/* The sum with its carries added, not yet inverted. */
static inline uint16_t checksum_fold(uint64_t sum)
{
    /* A number added to itself with its halves exchanged has their sum in its upper half, the carry added. */
    const uint32_t half = (uint32_t)((sum + (sum >> 32 | sum << 32)) >> 32);
    return (uint16_t)((half + (half >> 16 | half << 16)) >> 16);
}

/* The pseudo-header before a segment of `segment_len` bytes (RFC 9293 section 3.1, RFC 8200 section 8.1). The prefix
 * that makes an IPv4 address a mapped one adds 0xffff, which is nothing in ones' complement: one sum serves both
 * families. So do the upper halves of the length and of the protocol number in IPv6's pseudo-header, which are 0. */
static inline uint64_t checksum_pseudo_header(const uint8_t source[16], const uint8_t destination[16], uint8_t protocol,
                                              uint32_t segment_len)
{
    uint64_t sum = checksum_add(0, source, 16);
    sum = checksum_add(sum, destination, 16);
    return sum + htonl(segment_len) + htons(protocol);
}

/* The checksum after `len` bytes (an even number, at an even place) that were `before` have become `after`: RFC 1624,
 * equation 3. */
static inline uint16_t checksum_update(uint16_t checksum, const uint8_t *before, const uint8_t *after, size_t len)
{
    uint64_t sum = (uint16_t)~checksum;
    sum += (uint16_t)~checksum_fold(checksum_add(0, before, len));
    return (uint16_t)~checksum_fold(checksum_add(sum, after, len));
}

/* State of a checksum. PARTIAL: the pseudo-header's sum alone, left for the sender's network interface to finish. */
enum checksum_state { CHECKSUM_UNKNOWN = 0, CHECKSUM_WHOLE, CHECKSUM_PARTIAL, CHECKSUM_BAD };

/* 0 and 0xffff are the same number. */
static inline bool checksum_equal(uint16_t a, uint16_t b)
{
    return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

/* Of `len` bytes whose checksum field is `field`. `pseudo`: the sum of their pseudo-header, its carries not added. */
static inline enum checksum_state checksum_state_of(uint64_t pseudo, const uint8_t *at, size_t len,
                                                    const uint8_t field[2])
{
    if (checksum_fold(checksum_add(pseudo, at, len)) == 0xffff)
        return CHECKSUM_WHOLE;
    uint16_t stored;
    memcpy(&stored, field, sizeof stored);
    return checksum_equal(stored, checksum_fold(pseudo)) ? CHECKSUM_PARTIAL : CHECKSUM_BAD;
}

#endif
