/* Connections as text tells of them, and rows of a packet list that show neither ports nor lengths. */
#ifndef CAPTURE_TEXT_FLOW_ROWS_H
#define CAPTURE_TEXT_FLOW_ROWS_H

#include "text_packet.h"

enum { FLOWS = 1024, PROBES = 8, RECENT = 64, NEAR = 1 << 24 };

/* One connection. Side 0 is whoever sent the first of its packets that was read. */
struct flow {
    bool used, based, absolute, answered;
    struct address host[2];
    uint16_t port[2];
    uint64_t last;
    uint32_t base[2]; /* tcpdump's, which it takes off the numbers of all later packets */
    uint32_t isn[2];  /* tshark counts from these; made up */
    bool has_isn[2];
    bool known[2]; /* next */
    uint32_t next[2];
    bool opened, ended, spoke[2]; /* side 0 sent a SYN; a RST or both FINs */
    bool closed[2];
    uint32_t headers[2]; /* of a frame, for whom a packet list tells */
};

struct sent_syn {
    struct address src, dst;
    uint16_t src_port, dst_port;
    uint32_t seq;
    uint8_t options[40], options_size;
    bool rejected;
};

struct text_flows {
    uint64_t count;
    uint32_t made_up;
    struct flow flow[FLOWS];
    struct sent_syn syn[RECENT];
    uint64_t syns;
    struct address searched, searcher;
};

/* Finds the ports of a row of SSH: of the connections between its two addresses the one that fits best, and of several
 * the latest. `*several`: it may as well be another's. */
bool text_row_ports(const struct text_flows *flows, struct text_packet *packet, bool *several);
/* The length column counts the whole frame: what is no payload in it is learned from rows that tell both. */
void text_row_length(struct flow *f, int side, struct text_packet *packet);

#endif
