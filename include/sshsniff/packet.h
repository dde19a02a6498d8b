/* decode: a frame's bytes to one struct packet: a view into the frame, nothing copied, every length checked.
 *
 * Every field is hostile until checked. A frame that cannot be read whole still gives the layers that could be.
 * Numbers are in host byte order; addresses are bytes in network order.
 *
 * Headers: RFC 791 and 8200 (IP), 9293 (TCP), 792 and 4443 (ICMP), 826 (ARP), 4861 (ND), 1035 (DNS), 2784 and 2890
 * (GRE), 7348 (VXLAN), 2003 and 4213 (IPIP, 6in4), 3032 (MPLS), 2516 (PPPoE), 1661 (PPP), IEEE 802.1Q, 802.1ad and
 * 802.11.
 */
#ifndef SSHSNIFF_PACKET_H
#define SSHSNIFF_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/frame.h>
#include <sshsniff/header_fields.h>

#include "base/checksum.h"

enum packet_kind {
    PACKET_OTHER = 0, /* IP, but nothing that is looked at; the IP fields are set */
    PACKET_TCP,
    PACKET_ICMP_ERROR, /* ICMP or ICMPv6 error; `icmp` and, where readable, `icmp.quoted` are set */
    PACKET_ICMP_ECHO_REPLY,
    PACKET_ARP,   /* request or reply; also neighbour solicitation and advertisement: see `neighbour` */
    PACKET_DNS,   /* UDP port 53 or 5355/5353 with a readable header; see `dns` */
    PACKET_NOT_IP /* nothing below is set */
};

enum decode_result {
    DECODE_OK = 0,
    /* A header is cut by the snaplen or lies about its length; fields up to there are set. A TCP header that is cut
     * after its flags still gives a PACKET_TCP, with the options that are there; one whose data offset lies gives a
     * PACKET_OTHER. */
    DECODE_TRUNCATED,
    DECODE_PROTECTED,       /* encrypted below IP: 802.11 with WPA or WEP */
    DECODE_UNKNOWN_LINKTYPE /* no decoder for frame.linktype */
};

/* Multipath TCP's option (RFC 8684 section 3), as far as it tells what belongs together. */
enum multipath_subtype { MULTIPATH_NONE = 0, MULTIPATH_CAPABLE, MULTIPATH_JOIN, MULTIPATH_DATA };

struct multipath_view {
    uint8_t subtype;      /* enum multipath_subtype; MULTIPATH_NONE: no such option, and nothing below is set */
    uint8_t version;      /* MULTIPATH_CAPABLE: 0 or 1 */
    bool has_key;         /* MULTIPATH_CAPABLE: the sender's key is there */
    bool has_mapping;     /* MULTIPATH_DATA: data_seq and the two behind it are set */
    uint8_t key[8];       /* MULTIPATH_CAPABLE: the sender's */
    uint32_t token;       /* MULTIPATH_JOIN on a SYN: of the session that it joins */
    uint32_t data_seq;    /* the session's number of the mapping's first byte, low 32 bits */
    uint32_t subflow_seq; /* and this connection's, from its SYN */
    uint16_t mapping_len;
};

/* What the link's own header says. Not every link type has these fields, and a frame of one that has them may lack
 * them. Outside of decode they are read through packet_src_mac, packet_dst_mac and packet_link_receiver alone. */
struct link_fields {
    bool has_src_mac, has_dst_mac;
    uint8_t receiver; /* enum link_receiver as a cooked header tells it; where there is a dst_mac, that tells it */
    uint8_t src_mac[6], dst_mac[6];
};

struct tcp_view {
    uint16_t src_port, dst_port;
    uint32_t seq, ack;
    uint16_t window; /* as in the header, unscaled; 0 where the snaplen cut before it (header_captured < 16) */
    uint16_t mss;    /* option 2; 0 if absent */
    uint8_t flags;
    bool has_options, has_timestamps, has_sack_permitted, has_window_scale;
    uint32_t ts_value, ts_echo; /* option 8 */
    bool has_sack;              /* option 5 with a block */
    uint32_t sack_left;         /* where its first block begins */
    uint32_t payload_len;       /* bytes on the wire, from the IP length (from frame.len where offload left it 0) */
    uint32_t payload_captured;  /* bytes present at `payload`; less where the snaplen cut */
    const uint8_t *payload;
    struct multipath_view multipath;
    const uint8_t *header;    /* the TCP header, for the checksum */
    uint32_t header_captured; /* bytes present from `header` on, no more than the segment's length */
};

/* The packet quoted inside an ICMP error: what the error is about. */
struct icmp_quote {
    bool is_tcp, is_udp; /* ports are set */
    bool lacks_ports;    /* TCP or UDP, and cut before its ports */
    bool has_seq;        /* seq is set (RFC 792 guarantees the 8 bytes; a snaplen can leave fewer) */
    struct address src, dst;
    uint16_t src_port, dst_port;
    uint32_t seq;
    uint8_t ttl, tos;
    uint8_t tcp_flags; /* 0 unless at least 14 bytes of the TCP header are quoted */
    uint16_t ip_id;
    uint16_t ip_len;
};

struct icmp_view {
    uint8_t type, code;
    uint32_t mtu; /* next-hop MTU of 3/4 (RFC 1191) or v6 2/0; 0 otherwise */
    bool has_quote;
    struct icmp_quote quote;
};

/* NEIGHBOUR_ANNOUNCEMENT: gratuitous ARP, which asks nobody and answers nobody. */
enum neighbour_kind { NEIGHBOUR_REQUEST = 1, NEIGHBOUR_REPLY, NEIGHBOUR_ANNOUNCEMENT };

/* ARP, or neighbour solicitation and advertisement: who asks for (or speaks of) which address. */
struct neighbour_view {
    enum neighbour_kind kind;
    /* request: the sender's address (none for probes and duplicate detection); reply: the destination's */
    struct address asker;
    struct address target; /* the address asked for, or spoken of */
    uint8_t target_mac[6]; /* reply, announcement: whose the address is said to be */
    /* The frame was filled up to Ethernet's least length, as on a wire: a machine's own are captured before that. */
    bool padded;
};

#define DNS_NAME_SIZE 256
#define DNS_ADDRESSES 4

struct dns_view {
    bool is_response;
    uint16_t id;
    uint16_t client_port;   /* of who asks: the question's source, the answer's destination */
    uint8_t rcode;          /* RFC 1035 section 4.1.1 */
    uint16_t query_type;    /* 1 A, 28 AAAA, 12 PTR, … of the first question */
    uint16_t answers;       /* count of A and AAAA records among the answers that could be read */
    bool truncated;         /* the answer did not fit: the client asks again by TCP */
    bool recursion_desired; /* RD: a program's question to its resolver; resolvers ask each other without it */
    bool cookie;            /* a question with EDNS and a DNS cookie (RFC 7873) */
    uint8_t address_count;  /* in use of `address`: the first of those records */
    struct address address[DNS_ADDRESSES];
    char name[DNS_NAME_SIZE]; /* first question, lower case, no final dot; unprintable bytes become '?' */
};

struct packet {
    enum packet_kind kind;
    int64_t ts_us;
    uint64_t number;
    uint32_t interface; /* frame.interface, or the ifindex of cooked v2 and NFLOG */
    enum packet_direction direction;
    uint8_t hook; /* enum packet_hook */
    struct link_fields link_;
    uint32_t unknown;     /* enum header_field: what the frame does not tell; 0 for all that was captured */
    bool cut;             /* the snaplen cut this frame: caplen < len */
    bool udp;             /* the packet, or a tunnel around it, is UDP, read or not */
    uint8_t tunnel_depth; /* how many tunnels were opened to reach the inner packet */
    /* NFLOG: the prefix of the rule that logged the packet, any bytes and no NUL; length 0: none */
    uint8_t nflog_prefix_len;
    const uint8_t *nflog_prefix;

    /* The innermost IP header. A PACKET_ARP that is ARP has src and dst (asker and target); the rest is 0. */
    uint8_t ip_version; /* 4 or 6 */
    struct address src, dst;
    uint8_t ttl;             /* TTL or hop limit */
    uint8_t tos;             /* TOS or traffic class, DSCP and ECN */
    bool df;                 /* IPv4's DF */
    bool fragment;           /* a first fragment, or whole after reassembly is false */
    uint16_t ip_id;          /* IPv4 only */
    uint32_t flow_label;     /* IPv6 only */
    uint32_t ip_payload_len; /* bytes after the IP header(s), as the header declares */

    union {
        struct tcp_view tcp;
        struct icmp_view icmp;
        struct neighbour_view neighbour;
        struct dns_view dns;
    };
};

/* The sender's and the receiver's MAC address: 6 bytes within `packet`. NULL where the frame has none: neither on links
 * without MAC addresses (raw IP, PPP, tun), and no receiver's in Linux cooked captures (`-i any`). */
static inline const uint8_t *packet_src_mac(const struct packet *packet)
{
    return packet->link_.has_src_mac ? packet->link_.src_mac : NULL;
}

static inline const uint8_t *packet_dst_mac(const struct packet *packet)
{
    return packet->link_.has_dst_mac ? packet->link_.dst_mac : NULL;
}

/* RECEIVER_UNKNOWN for a frame that a cooked capture's own machine sent, and on links without MAC addresses. */
enum link_receiver packet_link_receiver(const struct packet *packet);

/* Did the frame tell these fields (enum header_field)? */
static inline bool packet_tells(const struct packet *packet, uint32_t fields)
{
    return (packet->unknown & fields) == 0;
}

struct decoder; /* opaque: holds the bounded table of IP fragments under reassembly */

/* Returns NULL only when memory is out. Free with decoder_free. */
struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);

/* Decodes one frame. `out` points into `frame->data` (or, for a reassembled datagram, into the decoder) and is valid
 * until the next call. */
enum decode_result decode_frame(struct decoder *decoder, const struct frame *frame, struct packet *out);

/* Verifies a PACKET_TCP's checksum: CHECKSUM_UNKNOWN where the segment was not captured whole. Costs a pass over the
 * segment. */
enum checksum_state packet_tcp_checksum(const struct packet *packet);

/* True for a link type that decode_frame reads. */
bool decode_knows_linktype(int linktype);

/* Those link types one after the other: -1 beyond the last index. */
int decode_linktype_at(size_t index);

/* What they are called, as in "Ethernet, Linux cooked, raw IP"; cut where `size` (at least 1) is too small. */
void decode_linktype_names(char *out, size_t size);

#endif
