/* The formats that are read from text, a row each. */
#ifndef CAPTURE_TEXT_FORMATS_H
#define CAPTURE_TEXT_FORMATS_H

#include "text_packet.h"

/* Reads a line of its format; `out` is all zero before, and what is left in it where the answer is false does not
 * matter. */
typedef bool text_format(const char *line, struct text_packet *out);

/* text_tcpdump.c; text_list.c: tshark and Wireshark; text_logs.c */
text_format tcpdump_line, packet_list_line, nmap_line, fortigate_line, netfilter_line, mikrotik_line;
/* text_tools.c */
text_format snoop_line, scapy_line, filterlog_line, pktmon_line, other_arrow_line;

struct text_format_row {
    const char *name;
    const char *mark; /* what every line of it has: a quick look before the format is asked */
    text_format *read;
};

/* Asked in this order; `read` is NULL at the end. */
extern const struct text_format_row text_format_rows[];

#endif
