/* What tcpdump prints of links and of IP, before a line's addresses and behind all else. */
#ifndef CAPTURE_TEXT_TCPDUMP_IP_H
#define CAPTURE_TEXT_TCPDUMP_IP_H

#include <string.h>

#include "text_packet.h"

static inline bool starts(const char *p, const char *word)
{
    return strncmp(p, word, strlen(word)) == 0;
}

/* What 3.x to 3.7 print behind: "(DF) [tos 0x10]  (ttl 46, id 18387)"; what is 0 is not printed. */
void tcpdump_tail(const char *tail, struct text_ip *ip);

/* "(tos 0x0, ttl 64, id 811, …)", "(flowlabel 0x1, hlim 64, …)" of -v */
void tcpdump_head(const char *head, struct text_ip *ip);

/* -e: "MAC > MAC" */
void tcpdump_macs(const char *head, struct text_packet *out);

/* `-i any`: which way it went, and by which interface. */
void tcpdump_direction(const char *head, struct text_packet *out);

#endif
