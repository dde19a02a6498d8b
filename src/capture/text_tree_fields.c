#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sshsniff/header_fields.h>

#include "text_tree_fields.h"
#include "text_words.h"

/* ---- Lines ---- */

const char *tree_words(const char *line)
{
    for (;;) {
        line += strspn(line, " \t+-*>|");
        if (strncmp(line, "▶", 3) != 0 && strncmp(line, "▼", 3) != 0 && strncmp(line, "▸", 3) != 0 &&
            strncmp(line, "▾", 3) != 0)
            return line;
        line += 3;
    }
}

const char *tree_value(const char *words, const char *key)
{
    const size_t size = strlen(key);
    return strncasecmp(words, key, size) == 0 ? words + size + strspn(words + size, " ") : NULL;
}

/* "ssh (22)", "22": the number in brackets where there is one, for the word before may be a name. */
static bool number_at(const char *value, uint64_t most, uint64_t *out)
{
    const char *open = strchr(value, '('), *comma = strchr(value, ',');
    if (open && (!comma || open < comma) && text_number(open + 1, most, out, NULL))
        return true;
    return text_number(value, most, out, NULL);
}

static bool port_at(const char *value, uint16_t *out)
{
    uint64_t n;
    if (number_at(value, UINT16_MAX, &n)) {
        *out = (uint16_t)n;
        return true;
    }
    return text_port(value, strcspn(value, " ,("), out);
}

/* "name (192.0.2.1)", "192.0.2.1" */
static bool host_at(const char *value, bool v6, struct address *out, bool *named)
{
    const size_t size = strcspn(value, " ,(");
    const char *open = value + size + strspn(value + size, " ");
    if (*open == '(' && text_host_word(open + 1, strcspn(open + 1, ")"), v6, out, named))
        return true;
    return text_host_word(value, size, v6, out, named);
}

/* ---- Layers ---- */

void tree_read_frame(struct tree_memory *memory, const char *words, struct text_packet *packet)
{
    const char *epoch = tree_value(words, "Epoch Time:"), *arrival = tree_value(words, "Arrival Time:"),
               *since = tree_value(words, "[Time since reference or first frame:");
    enum text_clock clock;
    int64_t us;
    if (!epoch)
        epoch = tree_value(words, "Epoch Arrival Time:");
    const char *value = epoch ? epoch : arrival ? arrival : since;
    if (!value || memory->has_epoch || !text_time(value, strlen(value), &clock, &us))
        return;
    if (since && packet->clock != TEXT_NO_TIME)
        return;
    packet->clock = clock;
    packet->time_us = us;
    memory->has_epoch = epoch != NULL;
}

/* "Ethernet II, Src: name (MAC), Dst: name (MAC)" */
void tree_read_macs(const char *words, struct text_packet *packet)
{
    const char *src = strstr(words, "Src: "), *dst = strstr(words, "Dst: ");
    const char *from = src ? strchr(src, '(') : NULL, *to = dst ? strchr(dst, '(') : NULL;
    if (!from || !to)
        return;
    packet->has_src_mac = text_mac(from + 1, packet->src_mac, NULL);
    packet->has_dst_mac = text_mac(to + 1, packet->dst_mac, NULL);
}

void tree_read_addresses(const char *words, struct text_ip *ip)
{
    const char *src = strstr(words, "Src: "), *dst = strstr(words, "Dst: ");
    ip->v6 = strncmp(words, "Internet Protocol Version 6", 27) == 0;
    if (src && dst)
        ip->has_src =
            host_at(src + 5, ip->v6, &ip->src, &ip->src_named) && host_at(dst + 5, ip->v6, &ip->dst, &ip->dst_named);
}

static void read_ip_flags(const char *words, struct text_ip *ip)
{
    const char *flags = strstr(words, "Flags: 0x");
    if (!flags || (flags != words && !strstr(words, "= Flags")) || ip->v6)
        return;
    ip->has_df = true;
    ip->df = strcasestr(flags, "don't fragment") != NULL;
}

void tree_read_ip(const char *words, struct text_ip *ip)
{
    uint64_t n;
    const char *ttl = tree_value(words, "Time to live:"), *tos = tree_value(words, "Differentiated Services Field:"),
               *id = tree_value(words, "Identification:");
    const char *label = strstr(words, "Flow Label: 0x");
    if (!ttl)
        ttl = tree_value(words, "Hop Limit:");
    if (!label && (label = strcasestr(words, "Flowlabel: 0x")))
        label--; /* one letter less */
    if (ttl && text_number(ttl, UINT8_MAX, &n, NULL)) {
        ip->has_ttl = true;
        ip->ttl = (uint8_t)n;
    }
    if (!tos && ip->v6 && (tos = strstr(words, "Traffic Class: 0x")))
        tos += strlen("Traffic Class: ");
    if (tos && text_hex_number(tos, UINT8_MAX, &n, NULL)) {
        ip->has_tos = true;
        ip->tos = (uint8_t)n;
    }
    if (id && text_hex_number(id, UINT16_MAX, &n, NULL)) {
        ip->has_id = !ip->v6;
        ip->id = (uint16_t)n;
    }
    if (label && text_hex_number(label + strlen("Flow Label: "), 0xfffff, &n, NULL)) {
        ip->has_label = true;
        ip->label = (uint32_t)n;
    }
    read_ip_flags(words, ip);
}

/* "Transmission Control Protocol, Src Port: 39284 (39284), Dst Port: ssh (22), Seq: 0, Ack: 1, Len: 0" */
void tree_read_ports(const char *words, struct text_ip *ip, struct text_tcp *t)
{
    uint64_t n;
    const char *src = strstr(words, "Src Port: "), *dst = strstr(words, "Dst Port: ");
    ip->has_ports = src && dst && port_at(src + 10, &ip->src_port) && port_at(dst + 10, &ip->dst_port);
    if (!t)
        return;
    if (text_keyed(words, ", Seq: ", UINT32_MAX, &n)) {
        t->has_seq = t->counted_from_syn = true;
        t->seq = (uint32_t)n;
    }
    if (text_keyed(words, ", Ack: ", UINT32_MAX, &n)) {
        t->has_ack = true;
        t->ack = (uint32_t)n;
    }
    if (text_keyed(words, ", Len: ", UINT16_MAX - 100, &n)) {
        t->has_length = true;
        t->length = (uint32_t)n;
    }
}

/* The raw number, or one that is not said to be relative, is the one that was sent. */
static void read_order(const char *words, struct text_tcp *t)
{
    uint64_t n;
    const char *seq = tree_value(words, "Sequence number (raw):"),
               *ack = tree_value(words, "Acknowledgment number (raw):");
    const bool relative = strstr(words, "(relative") != NULL;
    if (!seq && !relative && !t->absolute)
        seq = tree_value(words, "Sequence number:");
    if (!ack && !relative && t->absolute)
        ack = tree_value(words, "Acknowledgment number:");
    if (seq && text_number(seq, UINT32_MAX, &n, NULL)) {
        t->has_seq = t->absolute = true;
        t->counted_from_syn = false;
        t->seq = (uint32_t)n;
    }
    if (ack && t->absolute && text_number(ack, UINT32_MAX, &n, NULL)) {
        t->has_ack = true;
        t->ack = (uint32_t)n;
    }
}

static void read_sum(const char *sum, struct text_tcp *t)
{
    uint64_t n;
    if (!text_hex_number(sum, UINT16_MAX, &n, NULL))
        return;
    t->sum = (uint16_t)n;
    t->sum_told = t->sum_good = strstr(sum, "[correct]") != NULL;
    const char *due = strstr(sum, "should be 0x");
    if (due && text_hex_number(due + strlen("should be "), UINT16_MAX, &n, NULL)) {
        t->sum_told = true;
        t->sum_due = (uint16_t)n;
    }
}

/* "TCP Option - Maximum segment size: 1460 bytes": as tcpdump writes it. */
static void read_option(struct tree_memory *memory, const char *words, struct text_tcp *t)
{
    const char *option = tree_value(words, "TCP Option - "), *value;
    char text[64] = "";
    uint64_t n, m;
    if (!option)
        option = words;
    if ((value = tree_value(option, "Maximum segment size:")) && text_number(value, UINT16_MAX, &n, NULL))
        snprintf(text, sizeof text, "mss %u,", (unsigned)n);
    else if (tree_value(option, "SACK permitted"))
        snprintf(text, sizeof text, "sackOK,");
    else if (tree_value(option, "No-Operation") || tree_value(option, "NOP"))
        snprintf(text, sizeof text, "nop,");
    else if (tree_value(option, "End of Option List"))
        snprintf(text, sizeof text, "eol,");
    else if ((value = tree_value(option, "Window scale:")) && text_number(value, 255, &n, NULL))
        snprintf(text, sizeof text, "wscale %u,", (unsigned)n);
    else if ((value = tree_value(option, "Timestamps: TSval ")) && text_number(value, UINT32_MAX, &n, NULL))
        snprintf(text, sizeof text, "TS val %u ecr %u,", (unsigned)n,
                 text_keyed(value, "TSecr ", UINT32_MAX, &m) ? (unsigned)m : 0);
    else if (option != words)
        snprintf(text, sizeof text, "unknown,");
    if (!text[0] || strlen(memory->options) + strlen(text) >= sizeof memory->options)
        return;
    strcat(memory->options, text);
    text_options(memory->options, memory->options + strlen(memory->options), t);
}

void tree_read_tcp(struct tree_memory *memory, const char *words, struct text_tcp *t)
{
    uint64_t n;
    const char *flags = tree_value(words, "Flags: 0x"), *window = tree_value(words, "Window:"),
               *sum = tree_value(words, "Checksum: "), *length = tree_value(words, "[TCP Segment Len:");
    if (!window)
        window = tree_value(words, "Window size value:");
    if (!window && strstr(words, "scaled") == NULL)
        window = tree_value(words, "Window size:");
    if (flags && text_hex_number(flags, 0xfff, &n, NULL)) {
        t->has_flags = true;
        t->flags = (uint8_t)n;
    }
    if (window && text_number(window, UINT16_MAX, &n, NULL)) {
        t->has_window = true;
        t->window = (uint16_t)n;
    }
    if (length && text_number(length, UINT16_MAX - 100, &n, NULL)) {
        t->has_length = true;
        t->length = (uint32_t)n;
    }
    if (strstr(words, "Header Length: 20 bytes") || tree_value(words, "Header Length: 20 bytes"))
        t->has_options = t->in_order = true; /* none */
    if (sum)
        read_sum(sum, t);
    read_order(words, t);
    read_option(memory, words, t);
}

/* "Packet type: Sent by us (4)", "Interface index: 2", of Linux cooked captures */
void tree_read_link(const char *words, struct text_packet *packet)
{
    const char *type = tree_value(words, "Packet type:"), *index = tree_value(words, "Interface index:");
    uint64_t n;
    if (index && text_number(index, UINT16_MAX, &n, NULL))
        packet->interface = (uint32_t)n;
    if (!type)
        return;
    packet->direction = strstr(type, "Sent by us") ? DIRECTION_OUT
                        : strstr(type, " to us")   ? DIRECTION_IN
                                                   : DIRECTION_UNKNOWN;
    packet->receiver = strstr(type, "Unicast") ? RECEIVER_ONE : RECEIVER_UNKNOWN;
}

/* Neighbour discovery: whom it is about, and of which MAC address. */
static void read_neighbour(const char *words, struct text_packet *packet)
{
    const char *target = tree_value(words, "Target Address:"), *mac = tree_value(words, "Link-layer address:");
    bool named;
    if (target)
        (void)host_at(target, true, &packet->neighbour.target, &named);
    if (strstr(words, "= Solicited: Set"))
        packet->neighbour.solicited = true;
    if (mac && strchr(mac, '('))
        packet->neighbour.has_mac = text_mac(strchr(mac, '(') + 1, packet->neighbour.mac, NULL);
}

/* Of several types the first: options have theirs. */
static void read_type(const char *type, struct text_packet *packet)
{
    enum { SOLICITATION = 135, ADVERTISEMENT = 136 };
    uint64_t n;
    if (packet->icmp.type || (!text_number(type, UINT8_MAX, &n, NULL) && !number_at(type, UINT8_MAX, &n)))
        return;
    const bool error = packet->ip.v6 ? n >= 1 && n <= 3 : n == 3 || n == 11;
    packet->icmp.type = (uint8_t)n;
    packet->kind = error ? TEXT_ICMP : TEXT_OTHER;
    if (!packet->ip.v6 || (n != SOLICITATION && n != ADVERTISEMENT))
        return;
    packet->kind = TEXT_NEIGHBOUR;
    memset(&packet->neighbour, 0, sizeof packet->neighbour);
    packet->neighbour.op = n == ADVERTISEMENT ? TEXT_ARP_REPLY : TEXT_ARP_REQUEST;
}

void tree_read_icmp(const char *words, struct text_packet *packet)
{
    const char *type = tree_value(words, "Type: "), *code = tree_value(words, "Code: "),
               *mtu = tree_value(words, "MTU");
    uint64_t n;
    if (packet->kind == TEXT_NEIGHBOUR) {
        read_neighbour(words, packet);
        return;
    }
    if (type)
        read_type(type, packet);
    if (code && (text_number(code, UINT8_MAX, &n, NULL) || number_at(code, UINT8_MAX, &n)))
        packet->icmp.code = (uint8_t)n;
    if (mtu && strchr(mtu, ':') && text_keyed(mtu, ":", UINT16_MAX, &n))
        packet->icmp.mtu = (uint16_t)n;
}

void tree_read_arp(const char *words, struct text_packet *packet)
{
    const char *op = tree_value(words, "Opcode:"), *mac = tree_value(words, "Sender MAC address:"),
               *sender = tree_value(words, "Sender IP address:"), *target = tree_value(words, "Target IP address:");
    bool named;
    if (op)
        packet->arp.op = strstr(op, "reply") ? TEXT_ARP_REPLY : TEXT_ARP_REQUEST;
    if (mac && strchr(mac, '('))
        packet->arp.has_mac = text_mac(strchr(mac, '(') + 1, packet->arp.mac, NULL);
    if (sender)
        packet->ip.has_src = host_at(sender, false, &packet->ip.src, &named);
    if (target)
        (void)host_at(target, false, &packet->ip.dst, &named);
}

void tree_read_ssh(const char *words, struct text_packet *packet)
{
    const char *banner = tree_value(words, "Protocol: SSH-");
    if (!banner || packet->kind != TEXT_TCP)
        return;
    banner = strstr(words, "SSH-");
    const size_t size = strlen(banner);
    const uint32_t ends = packet->tcp.length > size ? packet->tcp.length - (uint32_t)size : 0;
    if (ends < 1 || ends > 2 || size + 2 > sizeof packet->said)
        return;
    memcpy(packet->said, banner, size);
    memcpy(packet->said + size, ends == 1 ? "\n" : "\r\n", 2);
    packet->said_size = size + ends;
}
