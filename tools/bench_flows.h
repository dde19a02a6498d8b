/* Flows for the benchmark's inputs: each hands out its packets one at a time, so that many can be interleaved. */
#ifndef TOOLS_BENCH_FLOWS_H
#define TOOLS_BENCH_FLOWS_H

#include "bench_frames.h"

enum flow_kind { FLOW_BULK, FLOW_WEB, FLOW_QUIC, FLOW_VOICE, FLOW_DNS, FLOW_PING, FLOW_SSH };

struct flow {
    enum flow_kind kind;
    bool ipv6;
    struct endpoint client, server;
    uint32_t seq[2];     /* next, by side: 0 the client's, 1 the server's */
    uint32_t step, last; /* packets so far; how many there will be */
};

static inline void flow_begin(struct flow *flow, enum flow_kind kind, uint16_t port, uint32_t packets,
                              struct dice *dice)
{
    *flow = (struct flow){.kind = kind, .last = packets};
    flow->ipv6 = dice_below(dice, 10) == 0;
    flow->client = (struct endpoint){0x0a000000 | dice_below(dice, 4000), (uint16_t)(32768 + dice_below(dice, 28000))};
    flow->server = (struct endpoint){0xc6336400 | dice_below(dice, 200), port};
    flow->seq[0] = (uint32_t)dice_roll(dice);
    flow->seq[1] = (uint32_t)dice_roll(dice);
}

static inline void flow_tcp(struct flow *flow, struct capture *capture, int side, uint8_t flags, const uint8_t *payload,
                            uint32_t size)
{
    const struct endpoint *from = side ? &flow->server : &flow->client, *to = side ? &flow->client : &flow->server;
    struct segment s = {flow->seq[side], flags & ACK ? flow->seq[!side] : 0, flags, false, payload, size};
    tcp_frame(capture, flow->ipv6, from, to, &s);
    flow->seq[side] += size + (flags & (SYN | FIN) ? 1 : 0);
}

static inline void flow_udp(const struct flow *flow, struct capture *capture, int side, const uint8_t *payload,
                            uint32_t size)
{
    const struct endpoint *from = side ? &flow->server : &flow->client, *to = side ? &flow->client : &flow->server;
    udp_frame(capture, flow->ipv6, from, to, payload, size);
}

/* Half of what a web server sends is text, half is images and the like: both compress as such things do. */
static inline const uint8_t *some_payload(struct dice *dice, uint8_t *room, uint32_t size)
{
    static const char words[] =
        "GET /index.html HTTP/1.1 Host: www.example.com Accept: text/html <p class=\"a\"> the quick ";
    if (dice_below(dice, 2) == 0)
        dice_fill(dice, room, size);
    else
        for (uint32_t at = 0; at < size; at += 8)
            memcpy(room + at, words + dice_below(dice, sizeof words - 9), 8);
    return room;
}

/* The three packets that open a connection, by step. */
static inline void handshake_step(struct flow *flow, struct capture *capture, uint32_t step)
{
    static const uint8_t flags[] = {SYN, SYN | ACK, ACK};
    flow_tcp(flow, capture, step == 1, flags[step], NULL, 0);
}

/* Two full segments one way, one ACK the other: a download that was under way before the capture began. */
static inline void bulk_step(struct flow *flow, struct capture *capture, struct dice *dice)
{
    uint8_t room[FULL_SEGMENT + 8];
    if (flow->step % 3 == 2)
        flow_tcp(flow, capture, 0, ACK, NULL, 0);
    else
        flow_tcp(flow, capture, 1, ACK | PSH, some_payload(dice, room, FULL_SEGMENT), FULL_SEGMENT);
}

/* A TLS-like exchange, from SYN to FIN. */
static inline void web_step(struct flow *flow, struct capture *capture, struct dice *dice)
{
    uint8_t room[FULL_SEGMENT + 8] = {0};
    uint32_t size = 200 + dice_below(dice, FULL_SEGMENT - 200), left = flow->last - flow->step;
    if (flow->step < 3)
        handshake_step(flow, capture, flow->step);
    else if (flow->step == 3 || flow->step == 4) {
        dice_fill(dice, room, FULL_SEGMENT);
        memcpy(room, "\x16\x03\x01\x02\x00", 5);
        flow_tcp(flow, capture, flow->step == 4, ACK | PSH, room, flow->step == 3 ? 517 : FULL_SEGMENT);
    } else if (left <= 2)
        flow_tcp(flow, capture, left == 1, FIN | ACK, NULL, 0);
    else if (flow->step % 3 == 0)
        flow_tcp(flow, capture, 0, ACK, NULL, 0);
    else
        flow_tcp(flow, capture, 1, ACK | PSH, some_payload(dice, room, size), size);
}

static inline void udp_step(struct flow *flow, struct capture *capture, struct dice *dice)
{
    uint8_t room[FULL_SEGMENT + 8];
    bool small = flow->kind == FLOW_VOICE || dice_below(dice, 5) == 0;
    uint32_t size = flow->kind == FLOW_VOICE ? 172 : small ? 40 : 1250;
    dice_fill(dice, room, size);
    flow_udp(flow, capture, flow->kind == FLOW_VOICE ? flow->step & 1 : !small, room, size);
}

static inline void dns_step(struct flow *flow, struct capture *capture)
{
    static const uint8_t question[] =
        "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\3www\7example\3com\0\x00\x01\x00\x01";
    static const uint8_t answer[] =
        "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\3www\7example\3com\0\x00\x01\x00\x01"
        "\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc6\x33\x64\x07";
    if (flow->step == 0)
        flow_udp(flow, capture, 0, question, sizeof question - 1);
    else
        flow_udp(flow, capture, 1, answer, sizeof answer - 1);
}

static inline void ping_step(struct flow *flow, struct capture *capture)
{
    uint8_t frame[FRAME_MAX];
    bool reply = flow->step & 1;
    uint8_t *icmp =
        ip_begin(frame, false, reply ? &flow->server : &flow->client, reply ? &flow->client : &flow->server, 1, 64);
    memset(icmp, 0, 64);
    icmp[0] = reply ? 0 : 8;
    uint16_t check = sum_end(sum(0, icmp, 64));
    memcpy(icmp + 2, &check, 2);
    capture_frame(capture, frame, (uint32_t)(icmp - frame) + 64);
}

/* One clear SSH packet (RFC 4253 section 6). Returns its size. */
static inline uint32_t ssh_packet(uint8_t *out, uint8_t message, const uint8_t *body, uint32_t size)
{
    uint32_t padding = 8 - (5 + 1 + size) % 8;
    padding += padding < 4 ? 8 : 0;
    put32(out, 1 + 1 + size + padding);
    out[4] = (uint8_t)padding;
    out[5] = message;
    memcpy(out + 6, body, size);
    memset(out + 6 + size, 0, padding);
    return 6 + size + padding;
}

static inline uint32_t ssh_kexinit(uint8_t *out)
{
    static const char *const lists[10] = {"curve25519-sha256,ecdh-sha2-nistp256",
                                          "ssh-ed25519,rsa-sha2-512",
                                          "aes128-ctr,aes256-ctr",
                                          "aes128-ctr,aes256-ctr",
                                          "hmac-sha2-256,hmac-sha2-512",
                                          "hmac-sha2-256,hmac-sha2-512",
                                          "none",
                                          "none",
                                          "",
                                          ""};
    uint8_t body[1024] = {0};
    uint32_t at = 16; /* the cookie */
    for (int i = 0; i < 10; i++) {
        uint32_t size = (uint32_t)strlen(lists[i]);
        put32(body + at, size);
        memcpy(body + at + 4, lists[i], size);
        at += 4 + size;
    }
    return ssh_packet(out, 20, body, at + 5);
}

/* The clear part of a login: versions, KEXINIT, key exchange, NEWKEYS; the fourth packet on. */
static inline void ssh_prologue_step(struct flow *flow, struct capture *capture, uint32_t step)
{
    static const char *const versions[] = {"SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"};
    uint8_t room[2048], zeros[256] = {0};
    int side = step & 1;
    uint32_t size = 0;
    if (step < 2) {
        size = (uint32_t)strlen(versions[side]);
        memcpy(room, versions[side], size);
    } else if (step < 4)
        size = ssh_kexinit(room);
    else if (step < 6)
        size = ssh_packet(room, side ? 31 : 30, zeros, side ? 200 : 36);
    else
        size = ssh_packet(room, 21, zeros, 0);
    flow_tcp(flow, capture, side, ACK | PSH, room, size);
}

enum { SSH_OPENING = 3, SSH_PROLOGUE = 8 };

/* A login and a shell: small packets after the prologue. Those of the login are as large as aes128-ctr makes them. */
static inline void ssh_step(struct flow *flow, struct capture *capture, struct dice *dice)
{
    static const uint16_t login[] = {48, 48, 64, 80, 368, 32, 128, 48};
    uint8_t room[2048];
    uint32_t step = flow->step;
    if (step < SSH_OPENING)
        handshake_step(flow, capture, step);
    else if ((step -= SSH_OPENING) < SSH_PROLOGUE)
        ssh_prologue_step(flow, capture, step);
    else if (flow->last - flow->step <= 2)
        flow_tcp(flow, capture, flow->last - flow->step == 1, FIN | ACK, NULL, 0);
    else {
        uint32_t size = (step -= SSH_PROLOGUE) < 8 ? login[step] : 36 + 16 * dice_below(dice, 12);
        dice_fill(dice, room, size);
        flow_tcp(flow, capture, step & 1, ACK | PSH, room, size);
    }
}

/* Writes the flow's next packet. False after its last. */
static inline bool flow_step(struct flow *flow, struct capture *capture, struct dice *dice)
{
    switch (flow->kind) {
    case FLOW_BULK:
        bulk_step(flow, capture, dice);
        break;
    case FLOW_WEB:
        web_step(flow, capture, dice);
        break;
    case FLOW_QUIC:
    case FLOW_VOICE:
        udp_step(flow, capture, dice);
        break;
    case FLOW_DNS:
        dns_step(flow, capture);
        break;
    case FLOW_PING:
        ping_step(flow, capture);
        break;
    case FLOW_SSH:
        ssh_step(flow, capture, dice);
        break;
    }
    return ++flow->step < flow->last;
}

#endif
