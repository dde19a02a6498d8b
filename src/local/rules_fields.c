#include <string.h>

#include "local/rules_fields.h"

enum {
    NFPROTO_IPV4_ = 2,
    NFPROTO_IPV6_ = 10,

    KIND_OF_US = 1000,
    TYPE_UNICAST = 1000,
    TYPE_LOCAL = 1004
};

static const struct rules_value UNKNOWN = {.kind = VALUE_UNKNOWN}, ABSENT = {.kind = VALUE_ABSENT};

static struct rules_value port_value(uint16_t port)
{
    return port ? rules_value_number(port) : UNKNOWN;
}

static struct rules_value number_value(struct rules_number number)
{
    return number.known ? rules_value_number(number.value) : UNKNOWN;
}

static struct rules_value address_field(const struct rules_packet *packet, const char *field)
{
    bool sender = strcmp(field, "saddr") == 0;
    struct rules_value value = rules_value_address(sender ? &packet->from : &packet->to);
    if (address_is_none(sender ? &packet->from : &packet->to))
        return UNKNOWN;
    value.is_sender = sender;
    return value;
}

static bool is_address_field(const char *field)
{
    return strcmp(field, "saddr") == 0 || strcmp(field, "daddr") == 0;
}

static struct rules_value network_field(const struct rules_packet *packet, bool v6, const char *field)
{
    if (v6 != rules_packet_is_v6(packet))
        return ABSENT;
    if (is_address_field(field))
        return address_field(packet, field);
    if (strcmp(field, "protocol") == 0 || strcmp(field, "nexthdr") == 0)
        return rules_value_number(packet->protocol);
    if (strcmp(field, "version") == 0)
        return rules_value_number(v6 ? 6 : 4);
    if (strcmp(field, "frag-off") == 0) /* what arrives at a hook after defragmentation, or a SYN, is whole */
        return rules_value_number(0);
    return UNKNOWN;
}

static struct rules_value transport_field(const struct rules_packet *packet, const char *field)
{
    if (strcmp(field, "sport") == 0)
        return port_value(packet->from_port);
    if (strcmp(field, "dport") == 0)
        return port_value(packet->to_port);
    if (strcmp(field, "flags") == 0)
        return rules_value_number(packet->tcp_flags);
    return UNKNOWN;
}

static struct rules_value payload_field(const struct rules_packet *packet, const json_t *payload)
{
    static const char *const others[] = {"udp",    "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp",
                                         "ah",     "esp",     "comp", "arp",  "gre",  "gretap", "vxlan",
                                         "geneve", "dst",     "hbh",  "rt",   "frag", "mh"};
    const char *protocol = json_string_value(json_object_get(payload, "protocol"));
    const char *field = json_string_value(json_object_get(payload, "field"));
    if (!protocol || !field || json_object_get(payload, "tunnel"))
        return UNKNOWN;
    if (strcmp(protocol, "ip") == 0 || strcmp(protocol, "ip6") == 0)
        return network_field(packet, protocol[2] == '6', field);
    if (packet->protocol != RULES_TCP) /* an ICMP error: nothing of it is looked at but its addresses */
        return strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0 ? ABSENT : UNKNOWN;
    if (strcmp(protocol, "tcp") == 0 || strcmp(protocol, "th") == 0)
        return transport_field(packet, field);
    if (strcmp(protocol, "ether") == 0 && strcmp(field, "type") == 0)
        return rules_value_number(rules_packet_is_v6(packet) ? 0x86dd : 0x0800);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(protocol, others[i]) == 0)
            return ABSENT;
    return UNKNOWN;
}

static struct rules_value interface_value(const struct rules_interface *interface)
{
    struct rules_value value = interface->none ? ABSENT : UNKNOWN;
    if (interface->none || !interface->name[0])
        return value;
    value = rules_value_name(interface->name);
    value.assumed = interface->assumed;
    return value;
}

static struct rules_value meta_field(const struct rules_packet *packet, const json_t *meta)
{
    const char *key = json_string_value(json_object_get(meta, "key"));
    bool v6 = rules_packet_is_v6(packet);
    if (!key)
        return UNKNOWN;
    if (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0)
        return interface_value(&packet->in);
    if (strcmp(key, "oifname") == 0 || strcmp(key, "oif") == 0)
        return interface_value(&packet->out);
    if (strcmp(key, "l4proto") == 0)
        return rules_value_number(packet->protocol);
    if (strcmp(key, "nfproto") == 0)
        return rules_value_number(v6 ? NFPROTO_IPV6_ : NFPROTO_IPV4_);
    if (strcmp(key, "protocol") == 0)
        return rules_value_number(v6 ? 0x86dd : 0x0800);
    if (strcmp(key, "mark") == 0)
        return number_value(packet->mark);
    if (strcmp(key, "skuid") == 0)
        return packet->out.none ? ABSENT : number_value(packet->uid);
    if (strcmp(key, "pkttype") == 0 && packet->out.none)
        return rules_value_number(KIND_OF_US);
    return UNKNOWN;
}

static struct rules_value ct_address(const struct rules_packet *packet, const char *key, bool v6)
{
    if (v6 != rules_packet_is_v6(packet))
        return ABSENT;
    if (strcmp(key, "saddr") == 0)
        return address_field(packet, key);
    return address_is_none(&packet->to_at_first) ? address_field(packet, key)
                                                 : rules_value_address(&packet->to_at_first);
}

/* What conntrack knows of the first packet of a connection, or of the answer to it. */
static struct rules_value ct_field(const struct rules_packet *packet, const json_t *ct)
{
    const char *key = json_string_value(json_object_get(ct, "key"));
    const char *direction = json_string_value(json_object_get(ct, "dir"));
    bool first = packet->ct_state & CT_NEW;
    if (!key)
        return UNKNOWN;
    if (strcmp(key, "state") == 0)
        return packet->ct_state ? rules_value_number(packet->ct_state) : UNKNOWN;
    if (packet->ct_state & (CT_UNTRACKED | CT_INVALID)) /* there is no connection to ask */
        return ABSENT;
    if (!packet->ct_state)
        return UNKNOWN;
    if (strcmp(key, "mark") == 0)
        return number_value(packet->ct_mark);
    if (strcmp(key, "status") == 0 && first)
        return rules_value_number(packet->ct_status);
    if (strcmp(key, "direction") == 0)
        return rules_value_number(!first);
    if (direction && strcmp(direction, "original") == 0 && first) {
        if (strncmp(key, "ip ", 3) == 0)
            return ct_address(packet, key + 3, false);
        if (strncmp(key, "ip6 ", 4) == 0)
            return ct_address(packet, key + 4, true);
    }
    if (strcmp(key, "protocol") == 0)
        return rules_value_number(packet->protocol);
    return UNKNOWN;
}

static bool has_flag(const json_t *flags, const char *wanted)
{
    if (json_is_string(flags))
        return strcmp(json_string_value(flags), wanted) == 0;
    for (size_t i = 0; i < json_array_size(flags); i++) {
        const char *flag = json_string_value(json_array_get(flags, i));
        if (flag && strcmp(flag, wanted) == 0)
            return true;
    }
    return false;
}

static struct rules_value fib_field(const struct rules_packet *packet, const json_t *fib)
{
    const char *result = json_string_value(json_object_get(fib, "result"));
    const json_t *flags = json_object_get(fib, "flags");
    bool sender = has_flag(flags, "saddr");
    enum rules_truth local = sender ? packet->from_is_local : packet->to_is_local;
    if (!result)
        return UNKNOWN;
    if (strcmp(result, "type") == 0) {
        if (local == RULES_YES)
            return rules_value_number(TYPE_LOCAL);
        return local == RULES_NO && sender && packet->way_back == RULES_YES ? rules_value_number(TYPE_UNICAST)
                                                                            : UNKNOWN;
    }
    if (sender && has_flag(flags, "iif") && packet->way_back == RULES_YES)
        return rules_value_number(1); /* there is one */
    return UNKNOWN;
}

static struct rules_value value_of(const struct rules_packet *packet, const json_t *expression, unsigned depth);

/* "mark & 0xff", "flags & (fin|syn)", "saddr & 255.255.255.0" is left open. */
static struct rules_value combined(const struct rules_packet *packet, const json_t *sides, char how, unsigned depth)
{
    struct rules_value left = value_of(packet, json_array_get(sides, 0), depth + 1);
    uint64_t right;
    if (left.kind == VALUE_ABSENT)
        return left;
    if (left.kind != VALUE_NUMBER || !rules_json_number(json_array_get(sides, 1), &right))
        return UNKNOWN;
    left.number = how == '&' ? left.number & right : how == '|' ? left.number | right : left.number ^ right;
    return left;
}

static struct rules_value value_of(const struct rules_packet *packet, const json_t *expression, unsigned depth)
{
    const json_t *inner;
    if (depth > 8)
        return UNKNOWN;
    if (json_is_integer(expression))
        return rules_value_number((uint64_t)json_integer_value(expression));
    if ((inner = json_object_get(expression, "payload")))
        return payload_field(packet, inner);
    if ((inner = json_object_get(expression, "meta")))
        return meta_field(packet, inner);
    if ((inner = json_object_get(expression, "ct")))
        return ct_field(packet, inner);
    if ((inner = json_object_get(expression, "fib")))
        return fib_field(packet, inner);
    if ((inner = json_object_get(expression, "exthdr"))) /* a SYN has none */
        return json_object_get(inner, "field") ? ABSENT : rules_value_number(0);
    if ((inner = json_object_get(expression, "&")))
        return combined(packet, inner, '&', depth);
    if ((inner = json_object_get(expression, "|")))
        return combined(packet, inner, '|', depth);
    if ((inner = json_object_get(expression, "^")))
        return combined(packet, inner, '^', depth);
    return UNKNOWN;
}

struct rules_key rules_fields(const struct rules_packet *packet, const json_t *expression)
{
    struct rules_key key = {.parts = 0};
    const json_t *concat = json_object_get(expression, "concat");
    if (!concat) {
        key.part[key.parts++] = value_of(packet, expression, 0);
        return key;
    }
    key.too_many = json_array_size(concat) > RULES_CONCAT;
    for (size_t i = 0; i < json_array_size(concat) && i < RULES_CONCAT; i++)
        key.part[key.parts++] = value_of(packet, json_array_get(concat, i), 0);
    return key;
}
