/* trail: an outline of each packet of an attempt, for whoever draws it. Kept only where it is asked for
 * (tracker_options.trails); no verdict rests on it. */
#ifndef SSHSNIFF_TRAIL_H
#define SSHSNIFF_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>

/* How an attempt begins and how it ends: of those between, their number is known. */
enum { TRAIL_FIRST = 40, TRAIL_LAST = 24, TRAIL_PACKETS = TRAIL_FIRST + TRAIL_LAST };

enum trail_sender { TRAIL_CLIENT = 0, TRAIL_SERVER, TRAIL_OTHER };

/* What a packet holds, as far as it was told apart; a segment may hold several. */
enum trail_content {
    TRAIL_BANNER = 1,
    TRAIL_KEXINIT = 2,
    TRAIL_KEX = 4, /* another message of the key exchange */
    TRAIL_NEWKEYS = 8,
    TRAIL_ENCRYPTED = 16,
    TRAIL_CLEAR = 32, /* bytes in the clear that are none of these */
    TRAIL_AGAIN = 64, /* a SYN or bytes of this side that were sent before */
    TRAIL_ICMP = 128  /* no segment, but an ICMP error about one: `icmp` is set, not `tcp` */
};

struct packet_outline {
    uint64_t number; /* its frame */
    int64_t ts_us;
    struct address address; /* who sent it, of TRAIL_OTHER and TRAIL_ICMP */
    union {
        struct {
            uint32_t seq, ack; /* as on the wire: see trail_seq, trail_ack */
        } tcp;
        struct {
            uint32_t mtu;
            uint8_t type, code, quoted_ttl;
        } icmp;
    };
    uint32_t payload_len; /* bytes */
    uint32_t unknown;     /* enum header_field: what the frame does not tell */
    uint8_t ip_version;
    uint8_t sender; /* enum trail_sender */
    uint8_t receiver;
    uint8_t flags; /* of TCP */
    uint8_t ttl;   /* TTL or hop limit */
    uint8_t content;
};

struct trail {
    uint64_t seen;         /* packets, kept or not */
    uint32_t kept, before; /* of those kept, the first `before` follow each other from the first one on */
    bool base_known[2];    /* by enum trail_sender, client and server */
    uint32_t base[2];      /* initial sequence numbers */
    struct packet_outline packet[TRAIL_PACKETS];
};

/* Packets that are not kept, between those before and those after `trail->before`. */
static inline uint64_t trail_missing(const struct trail *trail)
{
    return trail->seen - trail->kept;
}

/* Relative to the side's first number, where that is known. */
static inline uint32_t trail_seq(const struct trail *trail, const struct packet_outline *packet)
{
    const bool server = packet->sender != TRAIL_CLIENT;
    return packet->tcp.seq - (trail->base_known[server] ? trail->base[server] : 0);
}

static inline uint32_t trail_ack(const struct trail *trail, const struct packet_outline *packet)
{
    const bool client = packet->sender == TRAIL_CLIENT;
    return packet->tcp.ack - (trail->base_known[client] ? trail->base[client] : 0);
}

#endif
