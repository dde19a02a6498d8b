#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "local/rules_value.h"

struct rules_value rules_value_number(uint64_t number)
{
    return (struct rules_value){.kind = VALUE_NUMBER, .number = number};
}

struct rules_value rules_value_address(const struct address *address)
{
    return (struct rules_value){.kind = VALUE_ADDRESS, .address = *address};
}

struct rules_value rules_value_name(const char *name)
{
    struct rules_value value = {.kind = VALUE_NAME};
    rules_copy(value.text, sizeof value.text, name);
    return value;
}

/* Words of nft for numbers. No word has two meanings that a packet of TCP could take one for the other. */
static const struct {
    const char *word;
    uint64_t number;
} WORDS[] = {
    {"invalid", CT_INVALID},
    {"established", CT_ESTABLISHED},
    {"related", CT_RELATED},
    {"new", CT_NEW},
    {"untracked", CT_UNTRACKED},
    {"seen-reply", CT_SEEN_REPLY},
    {"assured", CT_ASSURED},
    {"confirmed", CT_CONFIRMED},
    {"snat", CT_SNAT},
    {"dnat", CT_DNAT},
    {"expected", 1},
    {"dying", 512},
    {"original", 0},
    {"reply", 1},
    {"fin", 1},
    {"syn", RULES_TCP_SYN},
    {"rst", 4},
    {"psh", 8},
    {"ack", RULES_TCP_ACK},
    {"urg", 32},
    {"ecn", 64},
    {"cwr", 128},
    {"icmp", 1},
    {"igmp", 2},
    {"tcp", 6},
    {"udp", 17},
    {"dccp", 33},
    {"esp", 50},
    {"ah", 51},
    {"gre", 47},
    {"ipv6-icmp", 58},
    {"icmpv6", 58},
    {"sctp", 132},
    {"udplite", 136},
    {"comp", 108},
    {"ipcomp", 108},
    {"ospf", 89},
    {"ospfigp", 89},
    {"pim", 103},
    {"vrrp", 112},
    {"ipencap", 4},
    {"ipv4", 2},
    {"ipv6", 10},
    {"ip", 0x0800},
    {"ip6", 0x86dd},
    {"arp", 0x0806},
    {"vlan", 0x8100},
    {"host", 1000},
    {"unicast", 1000},
    {"broadcast", 1002},
    {"multicast", 1003},
    {"local", 1004},
    {"anycast", 1005},
    {"blackhole", 1006},
    {"unreachable", 1007},
    {"prohibit", 1008},
    {"unspec", 1009},
    {"root", 0},
    {"ssh", 22},
};

bool rules_word(const char *word, uint64_t *number)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcmp(WORDS[i].word, word) == 0) {
            *number = WORDS[i].number;
            return true;
        }
    return false;
}

bool rules_json_number(const json_t *json, uint64_t *number)
{
    if (json_is_object(json)) /* {"|": [...]} as older nft writes it */
        json = json_object_get(json, "|");
    if (json_is_integer(json)) {
        *number = (uint64_t)json_integer_value(json);
        return true;
    }
    if (json_is_boolean(json)) {
        *number = json_is_true(json);
        return true;
    }
    if (json_is_string(json))
        return rules_word(json_string_value(json), number);
    if (!json_is_array(json))
        return false;
    *number = 0;
    for (size_t i = 0; i < json_array_size(json); i++) {
        uint64_t one;
        const json_t *item = json_array_get(json, i);
        if (json_is_array(item) || json_is_object(item) || !rules_json_number(item, &one))
            return false;
        *number |= one;
    }
    return true;
}

bool rules_address(const char *text, struct address *address)
{
    uint8_t bytes[16];
    if (!text)
        return false;
    if (inet_pton(AF_INET, text, bytes) == 1)
        *address = address_from_ipv4(bytes);
    else if (inet_pton(AF_INET6, text, bytes) == 1)
        *address = address_from_ipv6(bytes);
    else
        return false;
    return true;
}

static bool read_address(const json_t *json, struct address *address)
{
    return rules_address(json_string_value(json), address);
}

/* "eth*" is each name that begins so. */
static bool name_is(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);
    if (length && pattern[length - 1] == '*' && !(length > 1 && pattern[length - 2] == '\\'))
        return strncmp(pattern, name, length - 1) == 0;
    return strcmp(pattern, name) == 0;
}

static enum rules_truth literal(const struct rules_value *value, const json_t *right)
{
    uint64_t number;
    struct address address;
    switch (value->kind) {
    case VALUE_NUMBER:
        return rules_json_number(right, &number) ? rules_if(number == value->number) : RULES_MAYBE;
    case VALUE_ADDRESS:
        return read_address(right, &address) ? rules_if(address_equal(&address, &value->address)) : RULES_MAYBE;
    case VALUE_NAME:
        return json_is_string(right) ? rules_if(name_is(json_string_value(right), value->text)) : RULES_MAYBE;
    case VALUE_ABSENT:
        return RULES_NO;
    case VALUE_UNKNOWN:
        break;
    }
    return RULES_MAYBE;
}

static enum rules_truth in_prefix(const struct rules_value *value, const json_t *prefix)
{
    struct address network;
    json_int_t bits = json_integer_value(json_object_get(prefix, "len"));
    if (value->kind != VALUE_ADDRESS || !read_address(json_object_get(prefix, "addr"), &network))
        return value->kind == VALUE_ABSENT ? RULES_NO : RULES_MAYBE;
    if (address_is_ipv4(&network) != address_is_ipv4(&value->address))
        return RULES_NO;
    if (address_is_ipv4(&network))
        bits += 96;
    if (bits < 0 || bits > 128)
        return RULES_MAYBE;
    for (unsigned i = 0; i < 16 && bits > 0; i++, bits -= 8) {
        unsigned mask = bits >= 8 ? 0xff : 0xff & ~(0xffu >> bits);
        if ((network.bytes[i] ^ value->address.bytes[i]) & mask)
            return RULES_NO;
    }
    return RULES_YES;
}

static enum rules_truth in_range(const struct rules_value *value, const json_t *range)
{
    const json_t *low = json_array_get(range, 0), *high = json_array_get(range, 1);
    struct address first, last;
    uint64_t from, to;
    if (value->kind == VALUE_ABSENT)
        return RULES_NO;
    if (value->kind == VALUE_NUMBER && rules_json_number(low, &from) && rules_json_number(high, &to))
        return rules_if(from <= value->number && value->number <= to);
    if (value->kind == VALUE_ADDRESS && read_address(low, &first) && read_address(high, &last))
        return rules_if(address_is_ipv4(&first) == address_is_ipv4(&value->address) &&
                        memcmp(&first, &value->address, sizeof first) <= 0 &&
                        memcmp(&value->address, &last, sizeof last) <= 0);
    return RULES_MAYBE;
}

static enum rules_truth one_is(const struct rules_value *value, const json_t *right)
{
    if (json_is_string(right) && strcmp(json_string_value(right), "*") == 0)
        return RULES_YES;
    if (value->kind == VALUE_ABSENT)
        return RULES_NO;
    if (json_is_object(right)) {
        const json_t *inner;
        if ((inner = json_object_get(right, "prefix")))
            return in_prefix(value, inner);
        if ((inner = json_object_get(right, "range")))
            return in_range(value, inner);
    }
    return literal(value, right);
}

static enum rules_truth element_is(const struct rules_key *key, const json_t *element)
{
    const json_t *concat = json_object_get(element, "concat");
    if (key->too_many)
        return RULES_MAYBE;
    if (!concat)
        return key->parts == 1 ? one_is(&key->part[0], element)
               : json_is_string(element) && strcmp(json_string_value(element), "*") == 0 ? RULES_YES
                                                                                         : RULES_MAYBE;
    if (json_array_size(concat) != key->parts)
        return RULES_MAYBE;
    enum rules_truth truth = RULES_YES;
    for (unsigned i = 0; i < key->parts && truth != RULES_NO; i++)
        truth = rules_and(truth, one_is(&key->part[i], json_array_get(concat, i)));
    return truth;
}

bool rules_key_equal(const struct rules_key *a, const struct rules_key *b)
{
    bool equal = a->parts == b->parts && a->too_many == b->too_many;
    for (unsigned i = 0; equal && i < a->parts; i++) {
        const struct rules_value *one = &a->part[i], *other = &b->part[i];
        equal = one->kind == other->kind && one->number == other->number &&
                address_equal(&one->address, &other->address) && strcmp(one->text, other->text) == 0;
    }
    return equal;
}

/* Most sets are long lists of plain addresses, which nft prints as we do. */
static bool is_other_address(const char *address, const json_t *element)
{
    const char *text = address[0] ? json_string_value(element) : NULL;
    return text && strcmp(text, address) != 0 && text[0] != '*';
}

static bool has_limit(const json_t *element)
{
    return json_object_get(element, "limit") || json_object_get(element, "quota") ||
           json_object_get(element, "ct count");
}

/* The more particular element counts: "*" only where no other is found. */
static bool is_catch_all(const json_t *element)
{
    const char *text = json_string_value(element);
    return text && strcmp(text, "*") == 0;
}

static struct rules_found search(const struct rules_key *key, const json_t *elements, bool map, struct rules_work *work)
{
    struct rules_found found = {.truth = RULES_NO}, rest = found;
    char address[ADDRESS_TEXT_SIZE] = "";
    if (key->parts == 1 && key->part[0].kind == VALUE_ADDRESS)
        address_text(&key->part[0].address, address);
    for (size_t i = 0; i < json_array_size(elements); i++) {
        const json_t *item = json_array_get(elements, i), *data = NULL, *whole = NULL;
        if (!work->left || !work->left--)
            return (struct rules_found){.truth = RULES_MAYBE};
        if (map) {
            data = json_array_get(item, 1);
            item = json_array_get(item, 0);
        }
        if (json_is_object(item) && (whole = json_object_get(item, "elem")))
            item = json_object_get(whole, "val");
        if (!item || is_other_address(address, item))
            continue;
        enum rules_truth truth = element_is(key, item);
        if (truth == RULES_NO)
            continue;
        struct rules_found one = {truth, item, data, json_integer_value(json_object_get(whole, "expires")),
                                  has_limit(whole)};
        if (one.limited)
            one.truth = RULES_MAYBE;
        if (is_catch_all(item))
            rest = one;
        else if (truth == RULES_YES)
            return one;
        else
            found = (struct rules_found){.truth = RULES_MAYBE};
    }
    if (found.truth == RULES_MAYBE)
        return found;
    return rest;
}

struct rules_found rules_find(const struct rules_key *key, const json_t *elements, bool map, struct rules_work *work)
{
    if (json_array_size(elements) < RULES_LONG_LIST)
        return search(key, elements, map, work);
    for (unsigned i = 0; i < RULES_REMEMBERED; i++)
        if (work->remembered[i].elements == elements && rules_key_equal(&work->remembered[i].key, key))
            return work->remembered[i].found;
    struct rules_found found = search(key, elements, map, work);
    if (work->left)
        work->remembered[work->next++ % RULES_REMEMBERED] = (struct rules_remembered){elements, *key, found};
    return found;
}

enum rules_truth rules_is(const struct rules_key *key, const json_t *right, struct rules_work *work)
{
    const json_t *elements = json_object_get(right, "set");
    if (json_is_array(elements))
        return rules_find(key, elements, false, work).truth;
    if (elements) { /* a set of one */
        const json_t *whole = json_object_get(elements, "elem");
        return element_is(key, whole ? json_object_get(whole, "val") : elements);
    }
    return element_is(key, right);
}

/* Adds to a text; what does not fit is cut. */
static void append(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);
    rules_copy(text + used, size - used, more);
}

void rules_element_text(const json_t *element, char *text, size_t size)
{
    const json_t *inner, *whole = json_object_get(element, "elem");
    char one[ADDRESS_TEXT_SIZE];
    if (whole)
        element = json_object_get(whole, "val");
    if (json_is_string(element)) {
        append(text, size, json_string_value(element));
    } else if (json_is_integer(element)) {
        snprintf(one, sizeof one, "%lld", (long long)json_integer_value(element));
        append(text, size, one);
    } else if ((inner = json_object_get(element, "prefix"))) {
        snprintf(one, sizeof one, "/%d", (int)json_integer_value(json_object_get(inner, "len")));
        rules_element_text(json_object_get(inner, "addr"), text, size);
        append(text, size, one);
    } else if ((inner = json_object_get(element, "range"))) {
        rules_element_text(json_array_get(inner, 0), text, size);
        append(text, size, "-");
        rules_element_text(json_array_get(inner, 1), text, size);
    } else if ((inner = json_object_get(element, "concat"))) {
        for (size_t i = 0; i < json_array_size(inner); i++) {
            append(text, size, i ? " . " : "");
            rules_element_text(json_array_get(inner, i), text, size);
        }
    }
}
