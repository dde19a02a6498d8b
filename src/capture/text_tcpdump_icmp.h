/* tcpdump's lines of ICMP errors, ARP and neighbour discovery. */
#ifndef CAPTURE_TEXT_TCPDUMP_ICMP_H
#define CAPTURE_TEXT_TCPDUMP_ICMP_H

#include "text_packet.h"

/* `rest`: what stands behind the addresses. `named_ip`: "IP" stands before them (3.8 and later). */
bool tcpdump_icmp(const char *rest, bool named_ip, struct text_packet *out);
bool tcpdump_arp(const char *line, struct text_packet *out);

#endif
