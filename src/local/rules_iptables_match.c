#include <stdlib.h>
#include <string.h>

#include "local/rules_iptables_match.h"
#include "local/rules_value.h"

enum rules_truth rules_in_network(const struct address *address, const char *network)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address base, mask;
    rules_copy(text, sizeof text, network);
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    if (!rules_address(text, &base))
        return RULES_MAYBE;
    if (address_is_none(address))
        return RULES_MAYBE;
    if (slash && rules_address(slash, &mask)) {
        for (unsigned i = 12; i < 16; i++)
            if ((base.bytes[i] ^ address->bytes[i]) & mask.bytes[i])
                return RULES_NO;
        return RULES_YES;
    }
    int bits = slash ? atoi(slash) + (address_is_ipv4(&base) ? 96 : 0) : 128;
    for (unsigned i = 0; i < 16 && bits > 0; i++, bits -= 8) {
        unsigned wanted = bits >= 8 ? 0xff : 0xff & ~(0xffu >> bits);
        if ((base.bytes[i] ^ address->bytes[i]) & wanted)
            return RULES_NO;
    }
    return RULES_YES;
}

bool rules_is_one_address(const char *network)
{
    const char *slash = strchr(network, '/');
    return !slash || strcmp(slash, "/128") == 0 || (strcmp(slash, "/32") == 0 && !strchr(network, ':'));
}

/* "22", "22:30", "22,80,1000:2000" */
enum rules_truth rules_in_ports(uint16_t port, const char *ports)
{
    while (*ports) {
        char *end;
        unsigned long low = strtoul(ports, &end, 10), high = low;
        if (*end == ':')
            high = end[1] && end[1] != ',' ? strtoul(end + 1, &end, 10) : 65535;
        if (end == ports)
            return RULES_MAYBE; /* a service's name */
        if (!port)
            return low == 0 && high == 65535 ? RULES_YES : RULES_MAYBE;
        if (low <= port && port <= high)
            return RULES_YES;
        ports = *end == ',' ? end + 1 : end;
        if (end[0] && end[0] != ',')
            return RULES_MAYBE;
    }
    return RULES_NO;
}

static unsigned flag_bits(const char *names)
{
    static const struct {
        const char *name;
        unsigned bits;
    } FLAGS[] = {
        {"FIN", 1}, {"SYN", RULES_TCP_SYN}, {"RST", 4}, {"PSH", 8}, {"ACK", RULES_TCP_ACK}, {"URG", 32}, {"ALL", 63},
        {"NONE", 0}};
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
        if (strstr(names, FLAGS[i].name))
            bits |= FLAGS[i].bits;
    return bits;
}

enum rules_truth rules_in_states(const struct rules_packet *packet, const char *names)
{
    static const struct {
        const char *name;
        unsigned state, status;
    } STATES[] = {{"INVALID", CT_INVALID, 0}, {"ESTABLISHED", CT_ESTABLISHED, 0}, {"RELATED", CT_RELATED, 0},
                  {"NEW", CT_NEW, 0},         {"UNTRACKED", CT_UNTRACKED, 0},     {"SNAT", 0, CT_SNAT},
                  {"DNAT", 0, CT_DNAT}};
    if (!packet->ct_state)
        return RULES_MAYBE;
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++)
        if (strstr(names, STATES[i].name) &&
            ((packet->ct_state & STATES[i].state) || (packet->ct_status & STATES[i].status)))
            return RULES_YES;
    return packet->ct_state & CT_ESTABLISHED && (strstr(names, "NAT")) ? RULES_MAYBE : RULES_NO;
}

/* "0x5/0xff" */
enum rules_truth rules_is_mark(struct rules_number mark, const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0), mask = 0xffffffff;
    if (*end == '/')
        mask = strtoul(end + 1, &end, 0);
    if (*end || !mark.known)
        return RULES_MAYBE;
    return rules_if((mark.value & mask) == value);
}

enum rules_truth rules_in_address_range(const struct address *address, const char *range)
{
    char text[2 * ADDRESS_TEXT_SIZE];
    struct address low, high;
    rules_copy(text, sizeof text, range);
    char *dash = strchr(text, '-');
    if (!dash)
        return RULES_MAYBE;
    *dash = '\0';
    if (!rules_address(text, &low) || !rules_address(dash + 1, &high) || address_is_none(address))
        return RULES_MAYBE;
    return rules_if(memcmp(&low, address, sizeof low) <= 0 && memcmp(address, &high, sizeof high) <= 0);
}

enum rules_truth rules_is_protocol(const struct rules_packet *packet, const char *name)
{
    static const struct {
        uint8_t number;
        const char *name, *digits;
    } NAMES[] = {{RULES_TCP, "tcp", "6"}, {RULES_ICMP, "icmp", "1"}, {RULES_ICMPV6, "ipv6-icmp", "58"}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (NAMES[i].number == packet->protocol)
            return rules_if(strcmp(name, NAMES[i].name) == 0 || strcmp(name, NAMES[i].digits) == 0 ||
                            strcmp(name, "all") == 0);
    return RULES_MAYBE;
}

enum rules_truth rules_has_flags(uint8_t flags, const char *mask, const char *wanted)
{
    return rules_if((flags & flag_bits(mask)) == flag_bits(wanted));
}
