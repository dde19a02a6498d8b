/* The lines of each layer in Wireshark's packet details. `words` is a line without what is drawn before it. */
#ifndef CAPTURE_TEXT_TREE_FIELDS_H
#define CAPTURE_TEXT_TREE_FIELDS_H

#include "text_packet.h"

/* What later lines of the same packet need. */
struct tree_memory {
    bool has_epoch;
    char options[192]; /* as tcpdump writes them */
};

/* Without the triangles and blanks that a window draws before it. */
const char *tree_words(const char *line);

/* What stands behind `key` at the beginning, in capitals or not; NULL: another line. */
const char *tree_value(const char *words, const char *key);

void tree_read_frame(struct tree_memory *memory, const char *words, struct text_packet *packet);
void tree_read_link(const char *words, struct text_packet *packet);
void tree_read_macs(const char *words, struct text_packet *packet);
void tree_read_addresses(const char *words, struct text_ip *ip);
void tree_read_ip(const char *words, struct text_ip *ip);
void tree_read_ports(const char *words, struct text_ip *ip, struct text_tcp *t);
void tree_read_tcp(struct tree_memory *memory, const char *words, struct text_tcp *t);
void tree_read_icmp(const char *words, struct text_packet *packet);
void tree_read_arp(const char *words, struct text_packet *packet);
void tree_read_ssh(const char *words, struct text_packet *packet);

#endif
