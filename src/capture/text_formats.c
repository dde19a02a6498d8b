#include <string.h>

#include "text_formats.h"

const struct text_format_row text_format_rows[] = {
    {"netfilter's LOG", "PROTO=", netfilter_line},
    {"MikroTik's log", "proto ", mikrotik_line},
    {"nmap --packet-trace", "(", nmap_line},
    {"snoop", "TCP D=", snoop_line},
    {"Scapy's summary", " / ", scapy_line},
    {"filterlog of pfSense and OPNsense", "filterlog", filterlog_line},
    {"pktmon of Windows", "PktGroupId ", pktmon_line},
    {"FortiGate's sniffer", " -> ", fortigate_line},
    {"tcpdump", " > ", tcpdump_line},
    {"tcpdump -v, the first line of two", "(tos ", tcpdump_line},
    {"tcpdump, with another arrow", " -> ", other_arrow_line},
    {"tcpdump, with another arrow", " → ", other_arrow_line},
    {"tcpdump, ARP", "who-has ", tcpdump_line},
    {"tcpdump, ARP", " is-at ", tcpdump_line},
    {"tshark, Wireshark's packet list", " ", packet_list_line},
    {NULL, NULL, NULL},
};

bool text_read(const char *line, struct text_packet *out)
{
    for (const struct text_format_row *row = text_format_rows; row->read; row++) {
        if (!strstr(line, row->mark))
            continue;
        memset(out, 0, sizeof *out);
        if (row->read(line, out))
            return true;
    }
    return false;
}
