/* The segments of a sweep: libnet makes one of each kind, then only ports, sequence number and checksum change. */
#ifndef PROBE_SWEEP_PACKET_H
#define PROBE_SWEEP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum {
    SWEEP_LINK_SIZE = 14, /* room for an Ethernet header before the IP header */
    SWEEP_PACKET_MAX = SWEEP_LINK_SIZE + 40 + 24
};

struct sweep_packet {
    uint8_t bytes[SWEEP_PACKET_MAX]; /* the IP header is at SWEEP_LINK_SIZE */
    size_t tcp_at, end;
};

/* A template: its ports and its sequence number are 0. Flags TCP_SYN get a segment size option; others get none. False
 * where memory is out. */
bool sweep_packet_make(struct sweep_packet *out, const struct address *from, const struct address *to, uint8_t flags);

/* Writes what differs into `bytes`, a copy of the template's, which may have been aimed elsewhere before. */
void sweep_packet_aim(const struct sweep_packet *packet, uint8_t *bytes, uint16_t source_port, uint16_t port,
                      uint32_t seq);

#endif
