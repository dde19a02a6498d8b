/* Wireshark's packet details and `tshark -V`: a packet over 30 to 60 lines, a layer after the other. */
#ifndef CAPTURE_TEXT_TREE_H
#define CAPTURE_TEXT_TREE_H

#include "text_tree_fields.h"

enum text_layer {
    LAYER_NONE = 0,
    LAYER_FRAME,
    LAYER_LINK,
    LAYER_IP,
    LAYER_TCP,
    LAYER_ICMP,
    LAYER_ARP,
    LAYER_SSH,
    LAYER_OTHER
};

/* Where in the details of a packet the reader is. */
struct text_tree {
    bool open;
    enum text_layer layer;
    bool quote; /* of an ICMP error: layers are of what it quotes */
    bool has_ip;
    uint64_t number; /* "Frame 7": 0 where it is not told */
    struct tree_memory memory;
};

/* Do the details of another packet begin with this line? */
bool text_tree_begins(const struct text_tree *tree, const char *line);
/* The first line; `packet` is all zero. */
void text_tree_begin(struct text_tree *tree, const char *line, struct text_packet *packet);
/* Takes a line, which may be one of the details; false: none are open. */
bool text_tree_take(struct text_tree *tree, const char *line, struct text_packet *packet);
/* Is this the line that names a segment's ports? */
bool text_tree_names_ports(const char *line);

#endif
