/* An IP address of either family in one fixed shape, so that tables need one kind of key.
 *
 * IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2); bytes are in network order.
 */
#ifndef SSHSNIFF_ADDRESS_H
#define SSHSNIFF_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ADDRESS_TEXT_SIZE                                                                                              \
    72 /* of the longest text form 46 (INET6_ADDRSTRLEN), of a name that a text gives a host more */

struct address {
    uint8_t bytes[16];
};

static inline struct address address_from_ipv4(const void *four_bytes)
{
    /* In two words: an address written in smaller pieces is slow to read as a whole. */
    uint32_t four;
    memcpy(&four, four_bytes, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t words[2] = {0, (uint64_t)four << 32 | 0xffff0000u};
#else
    uint64_t words[2] = {0, UINT64_C(0xffff00000000) | four};
#endif
    struct address a;
    memcpy(a.bytes, words, sizeof a.bytes);
    return a;
}

static inline struct address address_from_ipv6(const void *sixteen_bytes)
{
    struct address a;
    memcpy(a.bytes, sixteen_bytes, 16);
    return a;
}

static inline bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool address_is_ipv4(const struct address *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

/* The all-zero address stands for "none". */
static inline bool address_is_none(const struct address *a)
{
    static const struct address none;
    return address_equal(a, &none);
}

/* Multicast of either family, and IPv4's limited broadcast. */
static inline bool address_is_group(const struct address *a)
{
    return address_is_ipv4(a)
               ? a->bytes[12] >> 4 == 0xe || (a->bytes[12] & a->bytes[13] & a->bytes[14] & a->bytes[15]) == 0xff
               : a->bytes[0] == 0xff;
}

/* IPv6's fe80::/10 (RFC 4291 section 2.5.6). */
static inline bool address_is_link_local(const struct address *a)
{
    return a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

/* Proxy programs that answer for every name make up addresses of these ranges: 198.18.0.0/15, which RFC 2544 sets aside
 * for benchmarks, and fc00::/18 of the half of RFC 4193 that nobody may use yet (defaults of Clash, sing-box, Surge).
 */
static inline bool address_is_made_up(const struct address *a)
{
    return address_is_ipv4(a) ? a->bytes[12] == 198 && (a->bytes[13] & 0xfe) == 18
                              : a->bytes[0] == 0xfc && a->bytes[1] == 0 && (a->bytes[2] & 0xc0) == 0;
}

/* Addresses of private networks: RFC 1918, RFC 6598, RFC 4193. */
static inline bool address_is_private(const struct address *a)
{
    const uint8_t *b = a->bytes + 12;
    if (!address_is_ipv4(a))
        return (a->bytes[0] & 0xfe) == 0xfc || address_is_link_local(a);
    return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
}

/* Writes the usual text form (RFC 5952 for IPv6), or the name that a text gives it (source_names.h), into `text`, at
 * least ADDRESS_TEXT_SIZE bytes, and returns it. */
const char *address_text(const struct address *a, char *text);

/* Reads either family's usual text form. False, and `out` stays as it is, where `text` is another. */
bool address_from_text(const char *text, struct address *out);

#endif
