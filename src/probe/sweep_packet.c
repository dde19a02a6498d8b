#include <netinet/in.h>
#include <string.h>

#include <sshsniff/packet.h>

#include "sweep_packet.h"

enum { ETHERNET_IPV4 = 0x0800, ETHERNET_IPV6 = 0x86dd, TCP_SIZE = 20 };

static uint32_t sum_words(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return sum;
}

static uint16_t folded(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

void sweep_packet_seal(uint8_t *ipv4_header)
{
    put16(ipv4_header + 10, 0);
    put16(ipv4_header + 10, folded(sum_words(ipv4_header, 20, 0)));
}

static void make_ipv4(struct sweep_packet *out, const struct address *from, const struct address *to, uint16_t length)
{
    uint8_t *ip = out->bytes + SWEEP_LINK_SIZE;
    put16(ip - 2, ETHERNET_IPV4);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(20 + length));
    put16(ip + 4, 0x5b5b); /* any ID but 0, for which the kernel would make one up each time */
    put16(ip + 6, 0x4000); /* DF */
    ip[8] = 64;
    ip[9] = IPPROTO_TCP;
    memcpy(ip + 12, from->bytes + 12, 4);
    memcpy(ip + 16, to->bytes + 12, 4);
    sweep_packet_seal(ip);
    out->base_sum = sum_words(ip + 12, 8, 0);
    out->tcp_at = SWEEP_LINK_SIZE + 20;
}

static void make_ipv6(struct sweep_packet *out, const struct address *from, const struct address *to, uint16_t length)
{
    uint8_t *ip = out->bytes + SWEEP_LINK_SIZE;
    put16(ip - 2, ETHERNET_IPV6);
    ip[0] = 0x60;
    put16(ip + 4, length);
    ip[6] = IPPROTO_TCP;
    ip[7] = 64;
    memcpy(ip + 8, from->bytes, 16);
    memcpy(ip + 24, to->bytes, 16);
    out->base_sum = sum_words(ip + 8, 32, 0);
    out->tcp_at = SWEEP_LINK_SIZE + 40;
}

void sweep_packet_make(struct sweep_packet *out, const struct address *from, const struct address *to,
                       uint16_t source_port, uint8_t flags)
{
    static const uint8_t mss[SWEEP_MSS_OPTION] = {2, 4, 0x05, 0xb4};
    uint16_t length = (uint16_t)(TCP_SIZE + (flags & TCP_SYN ? SWEEP_MSS_OPTION : 0));
    memset(out, 0, sizeof *out);
    if (address_is_ipv4(to))
        make_ipv4(out, from, to, length);
    else
        make_ipv6(out, from, to, length);
    uint8_t *tcp = out->bytes + out->tcp_at;
    put16(tcp, source_port);
    put16(tcp + 12, (uint16_t)(length / 4 << 12 | flags));
    if (flags & TCP_SYN) {
        put16(tcp + 14, 64240);
        memcpy(tcp + TCP_SIZE, mss, sizeof mss);
    }
    out->end = out->tcp_at + length;
    out->base_sum = sum_words(tcp, length, out->base_sum + IPPROTO_TCP + length);
}

void sweep_packet_aim(const struct sweep_packet *packet, uint8_t *bytes, uint16_t port, uint32_t seq)
{
    uint8_t *tcp = bytes + packet->tcp_at;
    put16(tcp + 2, port);
    put32(tcp + 4, seq);
    put16(tcp + 16, folded(packet->base_sum + port + (seq >> 16) + (seq & 0xffff)));
}
