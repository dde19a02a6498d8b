/* The Internet checksum (RFC 1071), as far as it is the same for all protocols. Ones' complement sums do not mind the
 * byte order in which words are added, so they are added as they lie in memory, and nothing is swapped but the numbers
 * that come from elsewhere. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `sum` and the words of `len` bytes. */
static inline uint64_t sum_add(uint64_t sum, const uint8_t *at, size_t len)
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

/* To the 16 bits of the header field. */
static inline uint16_t sum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)((sum >> 16) + (sum & 0xffff));
}

/* 0 and 0xffff are the same number. */
static inline bool sum_equal(uint16_t a, uint16_t b)
{
    return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

/* State of a checksum. PARTIAL: the pseudo-header's sum alone, left for the sender's network card to finish. */
enum checksum_state { CHECKSUM_UNKNOWN = 0, CHECKSUM_WHOLE, CHECKSUM_PARTIAL, CHECKSUM_BAD };

/* Of `len` bytes whose checksum field is `field`. `pseudo`: the sum of a pseudo-header, unfolded. */
static inline enum checksum_state checksum_state_of(uint64_t pseudo, const uint8_t *at, size_t len,
                                                    const uint8_t field[2])
{
    if (sum_fold(sum_add(pseudo, at, len)) == 0xffff)
        return CHECKSUM_WHOLE;
    uint16_t stored;
    memcpy(&stored, field, sizeof stored);
    return sum_equal(stored, sum_fold(pseudo)) ? CHECKSUM_PARTIAL : CHECKSUM_BAD;
}

#endif
