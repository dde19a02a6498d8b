/* How the layers call one another. Each takes the bytes that are its own, fills in what it knows, and hands the rest
 * on.
 *
 * A layer that finds nothing leaves `kind` as the layer below set it: PACKET_NOT_IP from the link, PACKET_OTHER from
 * IP.
 */
#ifndef DECODE_LAYERS_H
#define DECODE_LAYERS_H

#include <sshsniff/packet.h>
#include <sshsniff/protocol_numbers.h>

#include "base/span.h"

/* Bounds, so that no frame can make the decoder work long: real traffic stays far below them. */
#define LINK_HEADERS_MAX 16 /* tags, labels and session headers of one frame, tunnels included */
#define TUNNELS_MAX      4
#define EXTENSIONS_MAX   8

/* One frame on its way through the layers. */
struct decoding {
    struct decoder *decoder;
    struct packet *out;
    uint8_t link_headers; /* seen so far, see LINK_HEADERS_MAX */
    bool reassembled;     /* what is being read lies in the fragment table, which must not change under it */
};

typedef enum decode_result layer_decoder(struct decoding *d, struct span s);

/* link.c, ppp.c, mpls.c: those that others call; link_types.h declares the rest */
layer_decoder ethernet_decode, llc_decode, ppp_decode, pppoe_decode, mpls_decode;
enum decode_result ethertype_decode(struct decoding *d, uint16_t type, struct span s);

/* ip.c. ip_decode goes by the version in the first four bits. */
layer_decoder ip_decode, ipv4_decode, ipv6_decode;
enum decode_result ip_payload_decode(struct decoding *d, uint8_t protocol, struct span s);

/* What IP carries */
layer_decoder tcp_decode, udp_decode, icmp_decode, icmpv6_decode;
layer_decoder arp_decode, neighbour_discovery_decode, dns_decode;

/* udp.c: is the datagram one that udp_decode reads? */
bool udp_has_service(uint16_t src_port, uint16_t dst_port);

/* Services known by their UDP port: port; either side: it may be the source's, of a reply; what reads their payload. */
#define UDP_SERVICES(row)                                                                                              \
    row(53, true, dns_decode) row(5353, true, dns_decode) row(5355, true, dns_decode) row(4789, false, vxlan_decode)   \
        row(8472, false, vxlan_decode) /* Linux's own port before IANA gave one */                                     \
        row(6081, false, geneve_decode)

/* udp_has_service without a branch, and true for one port in a hundred that has none. */
#define SERVICE_LOW(port, either_side, decode)  | UINT64_C(1) << ((port) % 64)
#define SERVICE_HIGH(port, either_side, decode) | UINT64_C(1) << ((port) / 64 % 64)
static inline bool udp_may_have_service(uint16_t src_port, uint16_t dst_port)
{
    const uint64_t low = 0 UDP_SERVICES(SERVICE_LOW), high = 0 UDP_SERVICES(SERVICE_HIGH);
    return ((low >> (src_port % 64) & high >> (src_port / 64 % 64)) |
            (low >> (dst_port % 64) & high >> (dst_port / 64 % 64))) &
           1;
}

/* tunnel.c */
layer_decoder gre_decode, vxlan_decode, geneve_decode;
enum decode_result tunnel_decode(struct decoding *d, layer_decoder *inner, struct span s);

/* A place in a chain of IPv6 extension headers. */
struct extensions {
    uint8_t next; /* the protocol number of the header at `rest` */
    uint8_t count;
    bool en_route; /* a routing header has stops left: the destination address is not yet the last one */
    struct span rest;
};

/* Steps to the first header that is no extension or is a fragment header. False if the chain is cut or too long. */
bool extensions_skip(struct extensions *at);

/* One fragment header, either version's. */
struct fragment_place {
    uint32_t offset; /* bytes */
    bool more;
    uint32_t id;
};

/* Reads the fragment header that `at` stands on and steps over it. False if it was not captured. */
bool extensions_take_fragment(struct extensions *at, struct fragment_place *place);

#endif
