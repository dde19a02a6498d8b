/* Which layer a line is of, and where a packet's details begin and end. */
#include <string.h>
#include <strings.h>

#include "text_tree.h"
#include "text_words.h"

static const struct {
    const char *words;
    enum text_layer layer;
} headings[] = {
    {"Frame ", LAYER_FRAME},
    {"Ethernet II,", LAYER_LINK},
    {"Linux cooked capture", LAYER_LINK},
    {"Null/Loopback", LAYER_LINK},
    {"Raw packet data", LAYER_LINK},
    {"802.1Q Virtual LAN", LAYER_LINK},
    {"Internet Protocol Version", LAYER_IP},
    {"Internet Protocol, Src:", LAYER_IP},
    {"Transmission Control Protocol", LAYER_TCP},
    {"Internet Control Message Protocol", LAYER_ICMP},
    {"Address Resolution Protocol", LAYER_ARP},
    {"SSH Protocol", LAYER_SSH},
    {"User Datagram Protocol", LAYER_OTHER},
    {"[Timestamps]", LAYER_OTHER},
    {"[SEQ/ACK analysis]", LAYER_OTHER},
};

/* "Frame 3: 74 bytes on wire", "Frame 3 (74 bytes on wire, …)" */
static bool is_frame(const char *words, uint64_t *number)
{
    const char *end;
    return strncmp(words, "Frame ", 6) == 0 && text_number(words + 6, UINT32_MAX, number, &end) &&
           (*end == ':' || *end == ' ') && strstr(end, " bytes");
}

static enum text_layer layer_of(const char *words)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (strncmp(words, headings[i].words, strlen(headings[i].words)) == 0)
            return headings[i].layer != LAYER_FRAME || is_frame(words, &number) ? headings[i].layer : LAYER_NONE;
    return LAYER_NONE;
}

bool text_tree_names_ports(const char *line)
{
    const char *words = tree_words(line);
    return strncmp(words, "Transmission Control Protocol, Src Port: ", 41) == 0 && strstr(words, "Dst Port: ");
}

bool text_tree_begins(const struct text_tree *tree, const char *line)
{
    const char *words = tree_words(line);
    const enum text_layer layer = layer_of(words);
    if (layer == LAYER_FRAME)
        return true;
    const bool on_link = strncmp(words, "Ethernet II, Src: ", 18) == 0;
    const bool addresses = layer == LAYER_IP && strstr(words, "Src: ") && strstr(words, "Dst: ");
    if (!tree->open)
        return on_link || addresses;
    const bool whole = tree->layer != LAYER_FRAME && tree->layer != LAYER_LINK && !tree->quote;
    return (on_link && tree->has_ip) || (addresses && tree->has_ip && whole && tree->layer != LAYER_ICMP);
}

/* The heading of a layer; of what an error quotes, from its second IP header on. */
static void enter(struct text_tree *tree, enum text_layer layer, const char *words, struct text_packet *packet)
{
    if (layer == LAYER_IP && tree->layer == LAYER_ICMP)
        tree->quote = true;
    tree->layer = layer;
    if (layer == LAYER_LINK)
        tree_read_macs(words, packet);
    else if (layer == LAYER_IP && !tree->quote) {
        tree->has_ip = true;
        tree_read_addresses(words, &packet->ip);
    } else if (layer == LAYER_IP)
        tree_read_addresses(words, &packet->icmp.quote);
    else if (layer == LAYER_TCP && tree->quote) {
        tree_read_ports(words, &packet->icmp.quote, NULL);
        packet->icmp.quoted = packet->icmp.quote.has_src && packet->icmp.quote.has_ports;
    } else if (layer == LAYER_TCP && text_tree_names_ports(words)) {
        packet->kind = TEXT_TCP;
        tree_read_ports(words, &packet->ip, &packet->tcp);
    } else if (layer == LAYER_ARP) {
        packet->kind = TEXT_ARP;
        tree->has_ip = true;
    } else if (layer == LAYER_ICMP)
        packet->kind = TEXT_OTHER; /* until its type is read */
}

static void read_field(struct text_tree *tree, const char *words, struct text_packet *packet)
{
    uint64_t n;
    switch (tree->layer) {
    case LAYER_FRAME:
        tree_read_frame(&tree->memory, words, packet);
        break;
    case LAYER_IP:
        tree_read_ip(words, tree->quote ? &packet->icmp.quote : &packet->ip);
        break;
    case LAYER_TCP:
        if (!tree->quote && packet->kind == TEXT_TCP)
            tree_read_tcp(&tree->memory, words, &packet->tcp);
        else if (tree->quote && tree_value(words, "Sequence number") && !strstr(words, "(relative") &&
                 text_keyed(words, ":", UINT32_MAX, &n)) {
            packet->icmp.has_quote_seq = true;
            packet->icmp.quote_seq = (uint32_t)n;
        }
        break;
    case LAYER_ICMP:
        tree_read_icmp(words, packet);
        break;
    case LAYER_ARP:
        tree_read_arp(words, packet);
        break;
    case LAYER_SSH:
        tree_read_ssh(words, packet);
        break;
    case LAYER_LINK:
        tree_read_link(words, packet);
        break;
    case LAYER_NONE:
    case LAYER_OTHER:
        break;
    }
}

void text_tree_begin(struct text_tree *tree, const char *line, struct text_packet *packet)
{
    *tree = (struct text_tree){.open = true};
    packet->understood = 20; /* no line that follows could make it better */
    (void)is_frame(tree_words(line), &tree->number);
    (void)text_tree_take(tree, line, packet);
}

bool text_tree_take(struct text_tree *tree, const char *line, struct text_packet *packet)
{
    const char *words = tree_words(line);
    const enum text_layer layer = layer_of(words);
    if (layer != LAYER_NONE)
        enter(tree, layer, words, packet);
    else
        read_field(tree, words, packet);
    return tree->open;
}
