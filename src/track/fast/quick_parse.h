/* The few bytes of a frame that show whether it can belong to an SSH attempt. */
#ifndef TRACK_FAST_QUICK_PARSE_H
#define TRACK_FAST_QUICK_PARSE_H

#include <sshsniff/packet.h>

/* What is worth knowing of a packet that belongs to no SSH connection, or only begins one or refuses it. */
struct quick {
    struct address src, dst;
    uint16_t src_port, dst_port;
    bool is_tcp;  /* else UDP */
    bool opening; /* TCP without payload, with SYN alone or with RST and ACK: what follows is set */
    uint8_t flags, ttl, tos;
    uint32_t seq, ack;
    const uint8_t *src_mac;
};

/* Reads the fewest bytes that show a frame to be plain: UDP to no service that is looked at; TCP that opens, ends and
 * resets nothing and does not begin with "SSH-"; a SYN, or the RST that refuses one, without payload. False for all
 * others, and for whatever decode_frame would not call DECODE_OK. */
bool quick_parse(const struct frame *frame, struct quick *out);

#endif
