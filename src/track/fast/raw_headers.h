/* Headers read where they lie: Ethernet, IPv4 or IPv6 without options or extensions, TCP. A quick parse has found them
 * to be there; this is the one place of the fast path that knows where their fields are. decode/ reads all other
 * packets. */
#ifndef TRACK_FAST_RAW_HEADERS_H
#define TRACK_FAST_RAW_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>

#include "base/span.h"

enum {
    ETHERNET_HEADER = 14,
    ETHERNET_ADDRESSES = 12, /* bytes of the two addresses */
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20
};

/* IP: of either version, at its first byte. */

static inline bool ip_is_ipv4(const uint8_t *ip)
{
    return ip[0] >> 4 == 4;
}

static inline const uint8_t *ip_payload(const uint8_t *ip)
{
    return ip + (ip_is_ipv4(ip) ? IPV4_HEADER : IPV6_HEADER);
}

/* Bytes that follow the header, on the wire. */
static inline uint32_t ip_payload_len(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? load16(ip + 2) - (uint32_t)IPV4_HEADER : load16(ip + 4);
}

static inline uint8_t ipv4_tos(const uint8_t *ip)
{
    return ip[1];
}

static inline uint8_t ipv6_tos(const uint8_t *ip)
{
    return (uint8_t)(load16(ip) >> 4);
}

static inline uint8_t ip_tos(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? ipv4_tos(ip) : ipv6_tos(ip);
}

static inline uint8_t ipv4_ttl(const uint8_t *ip)
{
    return ip[8];
}

static inline uint8_t ipv6_ttl(const uint8_t *ip)
{
    return ip[7];
}

static inline uint8_t ip_ttl(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? ipv4_ttl(ip) : ipv6_ttl(ip);
}

/* 0 where the version has none. */
static inline uint16_t ip_id(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? load16(ip + 4) : 0;
}

static inline bool ip_df(const uint8_t *ip)
{
    return ip_is_ipv4(ip) && ip[6] & 0x40;
}

static inline uint32_t ip_flow_label(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? 0 : load32(ip) & 0xfffff;
}

static inline struct address ip_source(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? address_from_ipv4(ip + 12) : address_from_ipv6(ip + 8);
}

static inline struct address ip_destination(const uint8_t *ip)
{
    return ip_is_ipv4(ip) ? address_from_ipv4(ip + 16) : address_from_ipv6(ip + 24);
}

/* TCP: at its first byte. The ports are UDP's, too. */

static inline uint16_t tcp_src_port(const uint8_t *tcp)
{
    return load16(tcp);
}

static inline uint16_t tcp_dst_port(const uint8_t *tcp)
{
    return load16(tcp + 2);
}

static inline uint32_t tcp_seq(const uint8_t *tcp)
{
    return load32(tcp + 4);
}

static inline uint32_t tcp_ack(const uint8_t *tcp)
{
    return load32(tcp + 8);
}

/* Bytes, options included. */
static inline uint32_t tcp_header_len(const uint8_t *tcp)
{
    return (uint32_t)(tcp[12] >> 4) * 4;
}

static inline uint8_t tcp_flags(const uint8_t *tcp)
{
    return tcp[13];
}

static inline uint16_t tcp_window(const uint8_t *tcp)
{
    return load16(tcp + 14);
}

/* A short frame's headers, kept as they came. Every byte counts: a flood keeps a million of them. */
enum {
    RAW_BYTES = 72,                          /* of an IPv4 SYN with 20 bytes of options, or an IPv6 RST, all */
    RAW_IP = RAW_BYTES - ETHERNET_ADDRESSES, /* the Ethernet type is not kept: the IP version says it */
    RAW_FRAME = ETHERNET_HEADER + RAW_IP,    /* the longest frame that is kept whole */
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
    return ip_is_ipv4(raw_ip(f));
}

static inline const uint8_t *raw_tcp(const struct raw_headers *f)
{
    return ip_payload(raw_ip(f));
}

static inline uint8_t raw_tos(const struct raw_headers *f)
{
    return ip_tos(raw_ip(f));
}

static inline uint8_t raw_ttl(const struct raw_headers *f)
{
    return ip_ttl(raw_ip(f));
}

static inline struct address raw_source(const struct raw_headers *f)
{
    return ip_source(raw_ip(f));
}

static inline struct address raw_destination(const struct raw_headers *f)
{
    return ip_destination(raw_ip(f));
}

#endif
