/* Frames for the tests of track and diagnose: Ethernet, IPv4 or IPv6, TCP, ICMP, DNS and neighbour searches, made from
 * a struct with the fields that rules look at. The tests decode them again, so that they see what a capture would show.
 */
#ifndef TEST_PACKETS_H
#define TEST_PACKETS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sshsniff/address.h>
#include <sshsniff/attempt.h>

enum { FRAME_ROOM = 10000, LINKTYPE_ETHERNET = 1, LINKTYPE_LINUX_SLL = 113, LINKTYPE_LINUX_SLL2 = 276 };

/* Loopback has no MAC address: its Ethernet header is all zeros. */
enum { MAC_LOOPBACK = 255 };

/* Who is on the network; also their MAC addresses' last byte. */
enum person { PERSON_CLIENT = 1, PERSON_SERVER, PERSON_OTHER, PERSON_ROUTER, PERSON_NOBODY };

enum sum { SUM_WHOLE = 0, SUM_PARTIAL, SUM_BAD };

struct segment {
    bool ipv6;
    enum person from, to;
    uint8_t mac;   /* the sending MAC address, where it is not `from`'s own; 0: its own */
    uint8_t asked; /* the receiving one, where it is not `to`'s own; 0: its own */
    uint8_t ttl, tos;
    uint16_t ip_id;
    bool no_df;
    uint32_t flow_label;
    uint16_t src_port, dst_port;
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window;
    bool timestamps, mss; /* options */
    uint32_t sack;        /* a SACK block begins there; 0: none */
    uint64_t order;       /* instead: enum syn_option, a digit of hexadecimal each */
    uint32_t stamp;       /* the time stamp's value */
    /* Multipath TCP, version 0 (RFC 6824): a key of eight such bytes, a token, or a mapping of the payload; 0: none */
    uint8_t multipath_key;
    uint32_t multipath_token, multipath_data, multipath_subflow_seq;
    enum sum sum;
    const uint8_t *payload;
    size_t payload_len;
};

struct frame_bytes {
    uint8_t data[FRAME_ROOM];
    size_t len;
};

static inline void frame_put(struct frame_bytes *f, const void *bytes, size_t n)
{
    if (f->len + n > FRAME_ROOM)
        abort();
    if (n)
        memcpy(f->data + f->len, bytes, n);
    f->len += n;
}

static inline void frame_put8(struct frame_bytes *f, unsigned v)
{
    frame_put(f, &(uint8_t){(uint8_t)v}, 1);
}

static inline void frame_put16(struct frame_bytes *f, unsigned v)
{
    frame_put8(f, v >> 8);
    frame_put8(f, v & 0xff);
}

static inline void frame_put32(struct frame_bytes *f, uint32_t v)
{
    frame_put16(f, v >> 16);
    frame_put16(f, v & 0xffff);
}

static inline void frame_put_zeros(struct frame_bytes *f, size_t n)
{
    while (n--)
        frame_put8(f, 0);
}

/* Where the server is instead: at a public address, or at one that only proxies give out. */
enum server_place { PLACE_USUAL = 0, PLACE_FAR, PLACE_MADE_UP };
static enum server_place server_place;

/* Client and others on 10.7.1.0/24, the server on 10.7.2.0/24, as in the lab. */
static inline void put_person(struct frame_bytes *f, enum person person, bool ipv6)
{
    if (person == PERSON_SERVER && server_place != PLACE_USUAL) {
        const bool far = server_place == PLACE_FAR;
        if (ipv6)
            frame_put(f, (uint8_t[16]){far ? 0x20 : 0xfc, far, [15] = 2}, 16);
        else
            frame_put(f, far ? (uint8_t[]){203, 0, 113, 2} : (uint8_t[]){198, 18, 0, 2}, 4);
        return;
    }
    uint8_t net = person == PERSON_SERVER ? 2 : 1;
    if (ipv6)
        frame_put(f, (uint8_t[]){0xfd, 7, 0, 0, 0, 0, 0, net, 0, 0, 0, 0, 0, 0, 0, (uint8_t)person}, 16);
    else
        frame_put(f, (uint8_t[]){10, 7, net, (uint8_t)person}, 4);
}

static inline struct address person_address(enum person person, bool ipv6)
{
    struct frame_bytes f = {.len = 0};
    put_person(&f, person, ipv6);
    return ipv6 ? address_from_ipv6(f.data) : address_from_ipv4(f.data);
}

static inline void put_ethernet(struct frame_bytes *f, enum person to, unsigned mac, unsigned type)
{
    if (mac == MAC_LOOPBACK)
        frame_put_zeros(f, 12);
    else
        frame_put(f, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)to, 2, 0, 0, 0, 0, (uint8_t)mac}, 12);
    frame_put16(f, type);
}

static inline void put_ip(struct frame_bytes *f, const struct segment *s, uint8_t protocol, size_t payload)
{
    if (s->ipv6) {
        frame_put32(f, 0x60000000u | (uint32_t)s->tos << 20 | s->flow_label);
        frame_put16(f, (unsigned)payload);
        frame_put8(f, protocol);
        frame_put8(f, s->ttl);
    } else {
        frame_put8(f, 0x45);
        frame_put8(f, s->tos);
        frame_put16(f, (unsigned)payload + 20);
        frame_put16(f, s->ip_id);
        frame_put16(f, s->no_df ? 0 : 0x4000);
        frame_put8(f, s->ttl);
        frame_put8(f, protocol);
        frame_put16(f, 0); /* the header's own checksum is nothing that anybody looks at */
    }
    put_person(f, s->from, s->ipv6);
    put_person(f, s->to, s->ipv6);
}

static inline uint32_t sum_words(uint32_t sum, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static inline void put_checksum(struct frame_bytes *f, size_t tcp_at, const struct segment *s)
{
    struct frame_bytes pseudo = {.len = 0};
    put_person(&pseudo, s->from, s->ipv6);
    put_person(&pseudo, s->to, s->ipv6);
    frame_put32(&pseudo, (uint32_t)(f->len - tcp_at));
    frame_put32(&pseudo, IPPROTO_TCP);
    uint32_t sum = sum_words(0, pseudo.data, pseudo.len);
    if (s->sum != SUM_PARTIAL)
        sum = ~sum_words(sum, f->data + tcp_at, f->len - tcp_at);
    if (s->sum == SUM_BAD)
        sum += 0x1111;
    f->data[tcp_at + 16] = (uint8_t)(sum >> 8);
    f->data[tcp_at + 17] = (uint8_t)sum;
}

static inline void put_multipath(struct frame_bytes *f, const struct segment *s)
{
    if (s->multipath_key) {
        frame_put32(f, 0x1e0c0001);
        for (int i = 0; i < 8; i++)
            frame_put8(f, s->multipath_key);
    }
    if (s->multipath_token) {
        frame_put32(f, 0x1e0c1000);
        frame_put32(f, s->multipath_token);
        frame_put32(f, 77);
    }
    if (s->multipath_data) {
        frame_put32(f, 0x1e0e2004); /* no acknowledgement, numbers of four bytes */
        frame_put32(f, s->multipath_data);
        frame_put32(f, s->multipath_subflow_seq);
        frame_put16(f, (unsigned)s->payload_len);
        frame_put16(f, 0x0101);
    }
}

static inline void put_option(struct frame_bytes *f, enum syn_option kind, uint32_t stamp)
{
    switch (kind) {
    case SYN_OPTION_NOP:
        frame_put8(f, 1);
        return;
    case SYN_OPTION_MSS:
        frame_put(f, (uint8_t[]){2, 4, 0x05, 0xb4}, 4);
        return;
    case SYN_OPTION_SCALE:
        frame_put(f, (uint8_t[]){3, 3, 7}, 3);
        return;
    case SYN_OPTION_SACK:
        frame_put(f, (uint8_t[]){4, 2}, 2);
        return;
    case SYN_OPTION_TIMESTAMPS:
        frame_put(f, (uint8_t[]){8, 10}, 2);
        frame_put32(f, stamp);
        frame_put32(f, 0);
        return;
    case SYN_OPTION_OTHER: /* MPTCP */
        frame_put(f, (uint8_t[]){30, 4, 0, 1}, 4);
        return;
    case SYN_OPTION_END:
    case SYN_OPTION_NONE:
        frame_put8(f, 0);
        return;
    }
}

/* Returns their size, which is a multiple of four. */
static inline size_t put_options(struct frame_bytes *f, const struct segment *s)
{
    const size_t at = f->len;
    if (s->order) {
        for (int shift = 60; shift >= 0; shift -= SYN_OPTION_BITS)
            if (s->order >> shift)
                put_option(f, (enum syn_option)(s->order >> shift & 0xf), s->stamp);
        while ((f->len - at) % 4)
            frame_put8(f, 0);
        return f->len - at;
    }
    put_multipath(f, s);
    if (s->mss)
        put_option(f, SYN_OPTION_MSS, 0);
    if (s->timestamps)
        frame_put(f, (uint8_t[]){1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1}, 12);
    if (s->sack) {
        frame_put(f, (uint8_t[]){1, 1, 5, 10}, 4);
        frame_put32(f, s->sack);
        frame_put32(f, s->sack + 100);
    }
    return f->len - at;
}

static inline size_t tcp_size(const struct segment *s)
{
    struct frame_bytes options = {.len = 0};
    return 20 + put_options(&options, s) + s->payload_len;
}

static inline void put_tcp(struct frame_bytes *f, const struct segment *s)
{
    const size_t at = f->len;
    frame_put16(f, s->src_port);
    frame_put16(f, s->dst_port);
    frame_put32(f, s->seq);
    frame_put32(f, s->ack);
    frame_put8(f, (unsigned)(tcp_size(s) - s->payload_len) / 4 << 4);
    frame_put8(f, s->flags);
    frame_put16(f, s->window);
    frame_put32(f, 0); /* checksum, urgent pointer */
    put_options(f, s);
    frame_put(f, s->payload, s->payload_len);
    put_checksum(f, at, s);
}

static inline void build_segment(struct frame_bytes *f, const struct segment *s)
{
    f->len = 0;
    put_ethernet(f, s->to, s->mac ? s->mac : s->from, s->ipv6 ? 0x86dd : 0x0800);
    if (s->asked)
        f->data[5] = s->asked;
    put_ip(f, s, IPPROTO_TCP, tcp_size(s));
    put_tcp(f, s);
}

/* An ICMP error of `outer`'s sender that quotes the IP header and all of the TCP header of `about`. */
static inline void build_icmp_error(struct frame_bytes *f, const struct segment *outer, uint8_t type, uint8_t code,
                                    const struct segment *about)
{
    struct frame_bytes quote = {.len = 0};
    struct segment bare = *about;
    bare.payload_len = 0;
    put_ip(&quote, &bare, IPPROTO_TCP, tcp_size(&bare));
    put_tcp(&quote, &bare);
    f->len = 0;
    put_ethernet(f, outer->to, outer->mac ? outer->mac : outer->from, outer->ipv6 ? 0x86dd : 0x0800);
    put_ip(f, outer, outer->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, quote.len + 8);
    frame_put8(f, type);
    frame_put8(f, code);
    frame_put_zeros(f, 6);
    frame_put(f, quote.data, quote.len);
}

/* An echo reply: a packet that is surely its sender's own. */
static inline void build_echo_reply(struct frame_bytes *f, const struct segment *s)
{
    f->len = 0;
    put_ethernet(f, s->to, s->mac ? s->mac : s->from, s->ipv6 ? 0x86dd : 0x0800);
    put_ip(f, s, s->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8);
    frame_put8(f, s->ipv6 ? 129 : 0);
    frame_put_zeros(f, 7);
}

/* A question for A records of `name`, or an answer with `answers` addresses in it. */
static inline void build_dns(struct frame_bytes *f, const struct segment *s, const char *name, unsigned type,
                             bool response, unsigned rcode, unsigned answers)
{
    struct frame_bytes dns = {.len = 0};
    frame_put16(&dns, 7);
    frame_put16(&dns, (response ? 0x8180u : 0x0100u) | rcode);
    frame_put16(&dns, 1);
    frame_put16(&dns, answers);
    frame_put32(&dns, 0);
    for (const char *label = name; *label;) {
        size_t n = strcspn(label, ".");
        frame_put8(&dns, (unsigned)n);
        frame_put(&dns, label, n);
        label += n + (label[n] == '.');
    }
    frame_put8(&dns, 0);
    frame_put16(&dns, type);
    frame_put16(&dns, 1);
    for (unsigned i = 0; i < answers; i++) {
        const struct address v6 = person_address(PERSON_SERVER, true);
        frame_put(&dns, (uint8_t[]){0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0}, 11);
        if (type == 1) {
            frame_put(&dns, (uint8_t[]){4, 10, 7, 2, 2}, 5);
            continue;
        }
        frame_put8(&dns, sizeof v6.bytes);
        frame_put(&dns, v6.bytes, sizeof v6.bytes);
    }
    f->len = 0;
    put_ethernet(f, s->to, s->from, s->ipv6 ? 0x86dd : 0x0800);
    put_ip(f, s, IPPROTO_UDP, dns.len + 8);
    frame_put16(f, response ? 53 : 40053);
    frame_put16(f, response ? 40053 : 53);
    frame_put16(f, (unsigned)dns.len + 8);
    frame_put16(f, 0);
    frame_put(f, dns.data, dns.len);
}

/* Port unreachable: `asked`, a frame with a question of `s` reversed, found nobody who takes it. */
static inline void build_dns_error(struct frame_bytes *f, const struct segment *s, const struct frame_bytes *asked)
{
    enum { ETHERNET = 14 };
    f->len = 0;
    put_ethernet(f, s->to, s->from, s->ipv6 ? 0x86dd : 0x0800);
    put_ip(f, s, s->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, asked->len - ETHERNET + 8);
    frame_put8(f, s->ipv6 ? 1 : 3);
    frame_put8(f, s->ipv6 ? 4 : 3);
    frame_put_zeros(f, 6);
    frame_put(f, asked->data + ETHERNET, asked->len - ETHERNET);
}

static inline void build_arp(struct frame_bytes *f, enum person asker, enum person target, bool reply)
{
    enum person from = reply ? target : asker, to = reply ? asker : target;
    f->len = 0;
    put_ethernet(f, reply ? asker : PERSON_NOBODY, from, 0x0806);
    frame_put(f, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, reply ? 2 : 1, 2, 0, 0, 0, 0, (uint8_t)from}, 14);
    put_person(f, from, false);
    frame_put(f, (uint8_t[]){2, 0, 0, 0, 0, reply ? (uint8_t)to : 0}, 6);
    put_person(f, to, false);
}

/* A request goes to everybody, unless the asker knew the MAC address before. */
static inline void ask_everybody(struct frame_bytes *f)
{
    memset(f->data, 0xff, 6);
    if (f->data[12] == 0x86)
        memcpy(f->data + 14 + 24, (uint8_t[16]){0xff, 2, [11] = 1, 0xff, 0, 0, 2}, 16);
}

/* Neighbour solicitation (135) or advertisement (136), RFC 4861. */
static inline void build_neighbour(struct frame_bytes *f, enum person asker, enum person target, bool reply)
{
    struct segment s = {.ipv6 = true, .from = reply ? target : asker, .to = reply ? asker : target, .ttl = 255};
    f->len = 0;
    put_ethernet(f, s.to, s.from, 0x86dd);
    put_ip(f, &s, IPPROTO_ICMPV6, 32);
    frame_put8(f, reply ? 136 : 135);
    frame_put_zeros(f, 3);
    frame_put32(f, reply ? 0x60000000u : 0);
    put_person(f, target, true);
    frame_put(f, (uint8_t[]){reply ? 2 : 1, 1, 2, 0, 0, 0, 0, (uint8_t)s.from}, 8);
}

#endif
