/* One packet as lines of text tell of it, and the steps between the two: a line is read by the formats' table, its
 * numbers are made absolute, and a frame is built. */
#ifndef CAPTURE_TEXT_PACKET_H
#define CAPTURE_TEXT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum {
    TEXT_LINE_SIZE = 8192, /* of a packet, its wrapped lines joined; what is longer is cut */
    TEXT_HEX_SIZE = 16384, /* bytes of a hex dump that are kept */
    TEXT_SAID_SIZE = 320
};

enum text_kind { TEXT_NONE = 0, TEXT_TCP, TEXT_ICMP, TEXT_ARP, TEXT_NEIGHBOUR, TEXT_OTHER };

/* What a line's time is counted from. */
enum text_clock { TEXT_NO_TIME = 0, TEXT_OF_DAY, TEXT_OF_EPOCH, TEXT_OF_START, TEXT_OF_BEFORE };

enum text_arp { TEXT_ARP_REQUEST = 1, TEXT_ARP_REPLY };

struct text_ip {
    bool has_src, has_ports, has_ttl, has_tos, has_id, has_df, has_label;
    bool src_named, dst_named; /* names stand for them */
    bool v6;
    struct address src, dst;
    uint16_t src_port, dst_port;
    uint8_t ttl, tos;
    uint16_t id;
    bool df;
    uint32_t label;
};

struct text_tcp {
    uint8_t flags;
    bool has_flags, has_seq, has_ack, has_window, has_options, in_order, has_length;
    bool absolute;         /* the numbers always are */
    bool counted_from_syn; /* tshark: a SYN's own number is 0 */
    bool scaled;           /* the window is */
    uint32_t seq, ack, length;
    uint16_t window;
    uint8_t options[40], options_size;
    bool sum_good, sum_told;
    uint16_t sum, sum_due;
};

struct text_icmp {
    uint8_t type, code;
    uint16_t mtu;
    bool has_about; /* about_host */
    struct address about_host;
    uint16_t about_port; /* 0: not told */
    bool quoted;         /* quote is as printed */
    bool has_quote_seq;
    uint32_t quote_seq;
    struct text_ip quote;
};

struct text_packet {
    enum text_kind kind;
    int understood;   /* of the line: more is better */
    bool awaits_body; /* a head line: the next one belongs to it */
    bool ended;       /* nothing can follow that belongs to it, but for a hex dump */
    bool by_number;   /* src and dst are known and the ports are not: as of the connection before (Wireshark) */
    enum text_clock clock;
    int64_t time_us;
    struct text_ip ip;
    union {
        struct text_tcp tcp;
        struct text_icmp icmp;
        struct {
            enum text_arp op;
            bool has_mac;
            uint8_t mac[6];
        } arp;
        struct {
            enum text_arp op;
            bool has_mac, solicited;
            uint8_t mac[6];
            struct address target;
        } neighbour; /* IPv6's */
    };
    bool has_src_mac, has_dst_mac;
    uint8_t src_mac[6], dst_mac[6];
    uint32_t interface;
    uint32_t frame_size; /* a packet list's length column; 0: not told */
    enum { SAID_BY_ANYBODY = 0, SAID_BY_CLIENT, SAID_BY_SERVER } said_by; /* as a packet list has it */
    uint8_t direction, hook, receiver; /* enum packet_direction, packet_hook, link_receiver: numbers of decode's */
    char said[TEXT_SAID_SIZE];
    size_t said_size;
    bool made_for_a_scan; /* its TTL, window and options are a scanner's own, and tell nothing of a host */
};

/* text_formats.c: reads one line, the wrapped ones joined. False: it is no packet. */
bool text_read(const char *line, struct text_packet *out);

/* text_flows.c */
struct text_flows;
struct text_flows *text_flows_new(void);
void text_flows_free(struct text_flows *flows);
/* Makes numbers absolute, finds the ports where they are not told, and which SYN an ICMP error is about. Returns the
 * bits of what stays unknown (enum header_field). False in `*use`: it is no packet of TCP that can be placed. */
uint32_t text_flows_place(struct text_flows *flows, struct text_packet *packet, bool *use);

/* text_frame.c: `hex` may be NULL. Returns the frame's size, 0 where it cannot be built; `*wire`: its length on the
 * wire. */
size_t text_frame(const struct text_packet *packet, uint32_t unknown, const uint8_t *hex, size_t hex_size, uint8_t *out,
                  size_t size, uint32_t *wire);
/* Where in the dump the IP or ARP header begins, and of which EtherType it is; false where it shows neither. */
bool text_hex_header(const uint8_t *hex, size_t size, size_t *at, uint16_t *type);
/* The bytes say it better than the words: what they tell of a segment is taken. `ip` is its IP header. */
void text_believe_hex(struct text_packet *packet, const uint8_t *ip, uint16_t type, size_t size);

#endif
