/* The segments of a sweep: made once, then only port, sequence number and checksum change. */
#ifndef PROBE_SWEEP_PACKET_H
#define PROBE_SWEEP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum {
    SWEEP_LINK_SIZE = 14, /* room for an Ethernet header before the IP header */
    SWEEP_MSS_OPTION = 4,
    SWEEP_PACKET_MAX = SWEEP_LINK_SIZE + 40 + 20 + SWEEP_MSS_OPTION
};

struct sweep_packet {
    uint8_t bytes[SWEEP_PACKET_MAX]; /* the IP header is at SWEEP_LINK_SIZE */
    size_t tcp_at, end;
    uint32_t base_sum; /* of all that is the same in each segment */
};

/* Flags TCP_SYN get a segment size option; others get none. */
void sweep_packet_make(struct sweep_packet *out, const struct address *from, const struct address *to,
                       uint16_t source_port, uint8_t flags);

/* Writes what differs into `bytes`, a copy of the packet's. */
void sweep_packet_aim(const struct sweep_packet *packet, uint8_t *bytes, uint16_t port, uint32_t seq);

/* Writes the checksum of an IPv4 header of 20 bytes (RFC 1071), whatever stood in its place. */
void sweep_packet_seal(uint8_t *ipv4_header);

#endif
