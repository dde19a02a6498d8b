/* A short frame kept as it came, and where its fields are: Ethernet, IPv4 or IPv6 without options or extensions, TCP.
 * A glance has found these headers to be there. Every byte counts: a flood keeps a million of them. */
#ifndef TRACK_FAST_RAW_HEADERS_H
#define TRACK_FAST_RAW_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum {
    ETHERNET_HEADER = 14,
    ETHERNET_ADDRESSES = 12, /* bytes of the two addresses. The type is not kept, for the IP header's version says it */
    RAW_BYTES = 72,          /* of an IPv4 SYN with 20 bytes of options, or an IPv6 RST, all */
    RAW_IP = RAW_BYTES - ETHERNET_ADDRESSES,
    RAW_FRAME = ETHERNET_HEADER + RAW_IP, /* the longest frame that is kept whole */
};

/* In this order an IPv4 frame's addresses, ports and sequence number share its first cache line. */
struct raw_headers {
    int64_t ts_us;
    uint32_t number_low;
    uint16_t number_high;
    uint16_t interface;
    uint8_t data[RAW_BYTES];
    uint8_t caplen; /* bytes, of the frame as it was captured */
    uint8_t beyond; /* bytes that were not captured */
} __attribute__((packed, aligned(2)));

static inline uint16_t load16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load32(const uint8_t *p)
{
    return (uint32_t)load16(p) << 16 | load16(p + 2);
}

static inline uint64_t raw_number(const struct raw_headers *f)
{
    return (uint64_t)f->number_high << 32 | f->number_low;
}

static inline const uint8_t *raw_ip(const struct raw_headers *f)
{
    return f->data + ETHERNET_ADDRESSES;
}

static inline bool raw_is_ipv4(const struct raw_headers *f)
{
    return raw_ip(f)[0] >> 4 == 4;
}

static inline const uint8_t *raw_tcp(const struct raw_headers *f)
{
    return raw_ip(f) + (raw_is_ipv4(f) ? 20 : 40);
}

static inline uint8_t raw_tos(const struct raw_headers *f)
{
    const uint8_t *h = raw_ip(f);
    return raw_is_ipv4(f) ? h[1] : (uint8_t)(load16(h) >> 4);
}

static inline uint8_t raw_ttl(const struct raw_headers *f)
{
    return raw_ip(f)[raw_is_ipv4(f) ? 8 : 7];
}

static inline struct address raw_source(const struct raw_headers *f)
{
    return raw_is_ipv4(f) ? address_from_ipv4(raw_ip(f) + 12) : address_from_ipv6(raw_ip(f) + 8);
}

static inline struct address raw_destination(const struct raw_headers *f)
{
    return raw_is_ipv4(f) ? address_from_ipv4(raw_ip(f) + 16) : address_from_ipv6(raw_ip(f) + 24);
}

#endif
