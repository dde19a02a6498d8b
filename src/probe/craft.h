/* The bytes of the probe's packets, from the IP header on, built by libnet. Nothing is sent here, and no privilege is
 * needed. */
#ifndef PROBE_CRAFT_H
#define PROBE_CRAFT_H

#include <stddef.h>
#include <stdint.h>

#include <sshsniff/probe.h>

/* The largest: an IPv6 header, a fragment header, and a payload that tells 224 probe packets apart by its length. */
enum { CRAFT_MAX = 320 };

struct crafted_packet {
    uint8_t bytes[CRAFT_MAX];
    size_t size;
    size_t transport_at; /* where the TCP, UDP or ICMP header is */
};

struct crafter; /* opaque: libnet's state, and the two addresses */

/* NULL: out of memory. */
struct crafter *crafter_new(const struct address *source, const struct address *target);
void crafter_free(struct crafter *crafter);

/* A probe packet. `index` is its place in the table of them, `host_hop` where the target is (for the timestamp option).
 * False where it has no room, libnet refuses, or IP of that version has no such packet. */
bool craft_probe_packet(struct crafter *crafter, const struct probe_packet *probe, unsigned index, unsigned host_hop,
                        struct crafted_packet *out);

/* The IP ID of a whole IPv4 packet. */
static inline uint16_t craft_ip_id(unsigned index)
{
    return (uint16_t)(0x4000 + index);
}

/* The flow label of a whole IPv6 packet. */
static inline uint32_t craft_flow_label(unsigned index)
{
    return 0x10000u | index << 8 | index; /* libnet before 1.2 writes the last byte twice */
}

/* A TCP segment without payload whose ports and sequence number are 0, for the sweep to fill in. `flags`: with TCP_SYN
 * it has a window and announces its maximum segment size. */
bool craft_template(struct crafter *crafter, uint8_t flags, struct crafted_packet *out);

#endif
