/* What the readers of tcpdump's lines share. */
#ifndef CAPTURE_TEXT_TCPDUMP_H
#define CAPTURE_TEXT_TCPDUMP_H

#include <string.h>

#include "text_packet.h"

static inline bool starts(const char *p, const char *word)
{
    return strncmp(p, word, strlen(word)) == 0;
}

/* What 3.x to 3.7 print behind: "(DF) [tos 0x10]  (ttl 46, id 18387)"; what is 0 is not printed. */
void tcpdump_tail(const char *tail, struct text_ip *ip);

/* -e: "MAC > MAC" */
void tcpdump_macs(const char *head, struct text_packet *out);

/* `-i any`: which way it went, and by which interface. */
void tcpdump_direction(const char *head, struct text_packet *out);

/* text_tcpdump_icmp.c. `rest`: what stands behind the addresses. `named_ip`: "IP" stands before them (3.8 and later).
 */
bool tcpdump_icmp(const char *rest, bool named_ip, struct text_packet *out);
bool tcpdump_arp(const char *line, struct text_packet *out);

#endif
