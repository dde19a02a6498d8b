/* Frames for the benchmark's inputs: Ethernet, IPv4 or IPv6, TCP and UDP with true checksums, written as pcap or
 * pcapng. */
#ifndef TOOLS_BENCH_FRAMES_H
#define TOOLS_BENCH_FRAMES_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/put.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { ETHERNET = 14, FRAME_MAX = 2048, FULL_SEGMENT = 1448 };

/* xorshift64* (Vigna, 2016): the same inputs on every machine. */
struct dice {
    uint64_t state;
};

static inline uint64_t dice_roll(struct dice *dice)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)((dice_roll(dice) >> 32) * bound >> 32);
}

static inline void dice_fill(struct dice *dice, uint8_t *out, size_t size)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = dice_roll(dice);
        memcpy(out + at, &word, size - at < 8 ? size - at : 8);
    }
}

struct capture {
    FILE *out;
    bool pcapng;
    uint64_t ts_us;
    uint64_t frames;
};

static inline void put(struct capture *capture, const void *bytes, size_t size)
{
    if (fwrite(bytes, 1, size, capture->out) == size)
        return;
    perror("writing");
    exit(1);
}

static inline void capture_begin(struct capture *capture)
{
    static const uint32_t pcap[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
    static const uint32_t section[7] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};
    static const uint32_t interface[5] = {1, 20, 1, 262144, 20};
    if (capture->pcapng) {
        put(capture, section, sizeof section);
        put(capture, interface, sizeof interface);
    } else
        put(capture, pcap, sizeof pcap);
}

static inline void capture_frame(struct capture *capture, const uint8_t *frame, uint32_t size)
{
    static const uint8_t zeros[4];
    if (capture->pcapng) {
        uint32_t padding = -size & 3, block = 32 + size + padding;
        uint32_t head[7] = {6, block, 0, (uint32_t)(capture->ts_us >> 32), (uint32_t)capture->ts_us, size, size};
        put(capture, head, sizeof head);
        put(capture, frame, size);
        put(capture, zeros, padding);
        put(capture, &block, sizeof block);
    } else {
        uint32_t head[4] = {(uint32_t)(capture->ts_us / 1000000), (uint32_t)(capture->ts_us % 1000000), size, size};
        put(capture, head, sizeof head);
        put(capture, frame, size);
    }
    capture->frames++;
}

struct endpoint {
    uint32_t address; /* host byte order; in IPv6 the last four bytes */
    uint16_t port;
};

/* The ones' complement sum (RFC 1071), in the byte order of memory. */
static inline uint64_t sum(uint64_t total, const uint8_t *at, size_t size)
{
    for (; size >= 4; at += 4, size -= 4) {
        uint32_t word;
        memcpy(&word, at, 4);
        total += word;
    }
    uint32_t rest = 0;
    memcpy(&rest, at, size);
    return total + rest;
}

static inline uint16_t sum_end(uint64_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)~total;
}

/* Writes the Ethernet and IP headers for `size` bytes of `protocol`. Returns where those bytes go. */
static inline uint8_t *ip_begin(uint8_t *frame, bool ipv6, const struct endpoint *from, const struct endpoint *to,
                                uint8_t protocol, uint32_t size)
{
    static const uint8_t network[12] = {0x20, 0x01, 0x0d, 0xb8};
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    uint8_t *ip = frame + ETHERNET;
    memcpy(frame, macs, 12);
    put16(frame + 12, ipv6 ? 0x86dd : 0x0800);
    if (ipv6) {
        put32(ip, 0x60000000);
        put16(ip + 4, size);
        ip[6] = protocol;
        ip[7] = 64;
        memcpy(ip + 8, network, 12);
        put32(ip + 20, from->address);
        memcpy(ip + 24, network, 12);
        put32(ip + 36, to->address);
        return ip + 40;
    }
    put32(ip, 0x45000000 | (20 + size));
    put32(ip + 4, from->address << 16 | 0x4000);
    put32(ip + 8, 64u << 24 | (uint32_t)protocol << 16);
    put32(ip + 12, from->address);
    put32(ip + 16, to->address);
    uint16_t check = sum_end(sum(0, ip, 20));
    memcpy(ip + 10, &check, 2);
    return ip + 20;
}

/* The checksum of TCP or UDP at `segment`, over the pseudo-header too. Writes it at `at`. */
static inline void segment_sum(uint8_t *segment, bool ipv6, uint8_t protocol, uint32_t size, uint8_t *at)
{
    uint32_t addresses = ipv6 ? 32 : 8;
    uint64_t total = sum(0, segment - addresses, addresses) + htonl(size) + htons(protocol);
    uint16_t check = sum_end(sum(total, segment, size));
    memcpy(at, &check, 2);
}

struct segment {
    uint32_t seq, ack;
    uint8_t flags;
    bool bare; /* no timestamps, no other option */
    const uint8_t *payload;
    uint32_t size;
};

static inline void tcp_frame(struct capture *capture, bool ipv6, const struct endpoint *from, const struct endpoint *to,
                             const struct segment *s)
{
    static const uint8_t opening[20] = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
    static const uint8_t usual[12] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1};
    uint8_t frame[FRAME_MAX];
    const uint8_t *options = s->flags & SYN ? opening : usual;
    uint32_t option_size = s->bare ? 0 : s->flags & SYN ? sizeof opening : sizeof usual, header = 20 + option_size;
    uint8_t *tcp = ip_begin(frame, ipv6, from, to, 6, header + s->size);
    put16(tcp, from->port);
    put16(tcp + 2, to->port);
    put32(tcp + 4, s->seq);
    put32(tcp + 8, s->ack);
    put32(tcp + 12, header << 26 | (uint32_t)s->flags << 16 | (s->flags & RST ? 0 : 501));
    put32(tcp + 16, 0);
    memcpy(tcp + 20, options, option_size);
    memcpy(tcp + header, s->payload ? s->payload : tcp, s->payload ? s->size : 0);
    segment_sum(tcp, ipv6, 6, header + s->size, tcp + 16);
    capture_frame(capture, frame, (uint32_t)(tcp - frame) + header + s->size);
}

static inline void udp_frame(struct capture *capture, bool ipv6, const struct endpoint *from, const struct endpoint *to,
                             const uint8_t *payload, uint32_t size)
{
    uint8_t frame[FRAME_MAX];
    uint8_t *udp = ip_begin(frame, ipv6, from, to, 17, 8 + size);
    put16(udp, from->port);
    put16(udp + 2, to->port);
    put32(udp + 4, (8 + size) << 16);
    memcpy(udp + 8, payload, size);
    segment_sum(udp, ipv6, 17, 8 + size, udp + 6);
    capture_frame(capture, frame, (uint32_t)(udp - frame) + 8 + size);
}

#endif
