/* Frames for the decoder's tests, built from the inside out: each call puts its header before what is there already,
 * so that lengths are right unless a test spoils them. */
#ifndef TEST_DECODE_BUILD_H
#define TEST_DECODE_BUILD_H

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/address.h>

#include "put.h"

#define BUILD_SIZE 70000

struct build {
    uint8_t room[BUILD_SIZE];
    size_t len; /* the bytes are the last `len` of `room` */
};

static inline uint8_t *built(struct build *b)
{
    return b->room + BUILD_SIZE - b->len;
}

/* `n` zero bytes before the rest. */
static inline uint8_t *push(struct build *b, size_t n)
{
    b->len += n;
    if (b->len > BUILD_SIZE)
        abort();
    return memset(built(b), 0, n);
}

static inline void push_bytes(struct build *b, const void *bytes, size_t n)
{
    memcpy(push(b, n), bytes, n);
}

#define PUSH(b, ...) push_bytes((b), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Padding or a trailer after what is there. */
static inline void append_zeros(struct build *b, size_t n)
{
    uint8_t *was = built(b);
    b->len += n;
    memmove(built(b), was, b->len - n);
    memset(b->room + BUILD_SIZE - n, 0, n);
}

static inline void build_text(struct build *b, const char *text)
{
    push_bytes(b, text, strlen(text));
}

#define CLIENT_PORT 35920
#define SEQ         0x01020304u
#define ACK         0x0a0b0c0du

/* `options` is padded to a multiple of four by the caller. */
static inline uint8_t *build_tcp_options(struct build *b, uint8_t flags, const uint8_t *options, size_t n)
{
    if (n)
        push_bytes(b, options, n);
    uint8_t *h = push(b, 20);
    put16(h, CLIENT_PORT);
    put16(h + 2, 22);
    put32(h + 4, SEQ);
    put32(h + 8, ACK);
    h[12] = (uint8_t)((20 + n) / 4 << 4);
    h[13] = flags;
    put16(h + 14, 64240);
    return h;
}

static inline uint8_t *build_tcp(struct build *b, uint8_t flags)
{
    return build_tcp_options(b, flags, NULL, 0);
}

static inline uint8_t *build_udp(struct build *b, uint16_t src, uint16_t dst)
{
    uint8_t *h = push(b, 8);
    put16(h, src);
    put16(h + 2, dst);
    put16(h + 4, (uint32_t)b->len);
    return h;
}

static inline uint8_t *build_ipv4_options(struct build *b, uint8_t protocol, size_t options)
{
    if (options)
        memset(push(b, options), 1, options); /* no-operation */
    uint8_t *h = push(b, 20);
    h[0] = (uint8_t)(0x40 | (20 + options) / 4);
    h[1] = 0x48;
    put16(h + 2, (uint32_t)b->len);
    put16(h + 4, 0x1234);
    h[6] = 0x40;
    h[8] = 61;
    h[9] = protocol;
    memcpy(h + 12, (uint8_t[]){10, 7, 1, 2}, 4);
    memcpy(h + 16, (uint8_t[]){10, 7, 2, 2}, 4);
    return h;
}

static inline uint8_t *build_ipv4(struct build *b, uint8_t protocol)
{
    return build_ipv4_options(b, protocol, 0);
}

/* From fd00::1 to fd00::2, with traffic class 0x48 and flow label 0x12345. */
static inline uint8_t *build_ipv6(struct build *b, uint8_t next)
{
    size_t payload = b->len;
    uint8_t *h = push(b, 40);
    put32(h, 0x64812345);
    put16(h + 4, (uint32_t)payload);
    h[6] = next;
    h[7] = 61;
    h[8] = h[24] = 0xfd;
    h[23] = 1;
    h[39] = 2;
    return h;
}

/* An extension header of `units` times eight bytes, of any kind that has a length. */
static inline uint8_t *build_extension(struct build *b, uint8_t next, size_t units)
{
    uint8_t *h = push(b, units * 8);
    h[0] = next;
    h[1] = (uint8_t)(units - 1);
    return h;
}

static inline void build_ipv6_fragment(struct build *b, uint8_t next, uint32_t offset, bool more, uint32_t id)
{
    uint8_t *h = push(b, 8);
    h[0] = next;
    put16(h + 2, offset | more);
    put32(h + 4, id);
}

static inline void build_ethernet(struct build *b, uint16_t type)
{
    PUSH(b, 2, 0, 0, 0, 0, 0xd0, 2, 0, 0, 0, 0, 0x50, (uint8_t)(type >> 8), (uint8_t)type);
}

static inline void build_vlan(struct build *b, uint16_t inner_type)
{
    PUSH(b, 0, 7, (uint8_t)(inner_type >> 8), (uint8_t)inner_type);
}

/* A SYN over IPv4, from 10.7.1.2:35920 to 10.7.2.2:22, with nothing below IP. */
static inline void build_syn4(struct build *b)
{
    b->len = 0;
    build_tcp(b, 2);
    build_ipv4(b, 6);
}

static inline void build_syn6(struct build *b)
{
    b->len = 0;
    build_tcp(b, 2);
    build_ipv6(b, 6);
}

static inline struct address address_of(const char *text)
{
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1)
        return address_from_ipv4(bytes);
    if (inet_pton(AF_INET6, text, bytes) != 1)
        abort();
    return address_from_ipv6(bytes);
}

#endif
