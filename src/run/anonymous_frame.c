/* The headers of a frame, from the link's to TCP's, rewritten in place; a checksum that was wrong stays wrong. */
#include <string.h>

#include "anonymous.h"
#include "anonymous_state.h"

enum {
    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_ARP_ = 0x0806,
    ETHERTYPE_IP6 = 0x86dd,
    ICMP4 = 1,
    TCP = 6,
    UDP = 17,
    ROUTING = 43,
    FRAGMENT = 44,
    ICMP6 = 58,
    HOP_BY_HOP = 0,
    DESTINATION = 60,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    ICMP_HEADER = 8
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* ---- Checksums: RFC 1624 ---- */

static uint32_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

static uint32_t sum_of(const uint8_t *bytes, size_t length)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += get16(bytes + i);
    if (length % 2)
        sum += (uint32_t)bytes[length - 1] << 8;
    return fold(sum);
}

/* What was summed before came to `before`, and comes to `now`. */
static void mend(uint8_t *checksum, uint32_t before, uint32_t now)
{
    const uint32_t sum = fold((uint64_t)(~get16(checksum) & 0xffff) + (0xffff - before) + now);
    checksum[0] = (uint8_t)(~sum >> 8);
    checksum[1] = (uint8_t)~sum;
}

/* ---- What IP carries ---- */

/* RFC 8684 section 3.4: an address of one end, given to the other. */
static void add_address(struct anonymous *a, uint8_t *option, size_t length)
{
    const bool four = length == 8 || length == 10 || length == 16 || length == 18;
    if (length < 8 || option[2] >> 4 != 3)
        return;
    if (four)
        anonymous_ipv4(a, option + 4);
    else if (length >= 20)
        anonymous_ipv6(a, option + 4);
}

static void tcp_options(struct anonymous *a, uint8_t *options, size_t length)
{
    enum { END = 0, NOTHING = 1, MULTIPATH = 30 };
    for (size_t at = 0; at < length && options[at] != END;) {
        if (options[at] == NOTHING) {
            at++;
            continue;
        }
        if (length - at < 2 || options[at + 1] < 2 || options[at + 1] > length - at)
            return;
        if (options[at] == MULTIPATH)
            add_address(a, options + at, options[at + 1]);
        at += options[at + 1];
    }
}

static bool tcp(struct anonymous *a, uint8_t *at, size_t length)
{
    enum { PORT_DNS = 53 };
    if (length < TCP_HEADER)
        return length >= 4; /* cut: nothing of it is anybody's name */
    const size_t header = (size_t)(at[12] >> 4) * 4;
    if (header < TCP_HEADER || header > length)
        return true;
    tcp_options(a, at + TCP_HEADER, header - TCP_HEADER);
    if (length > header && (get16(at) == PORT_DNS || get16(at + 2) == PORT_DNS))
        return false;
    anonymous_speech(at + header, length - header);
    return true;
}

static bool udp(struct anonymous *a, uint8_t *at, size_t length)
{
    static const uint16_t names[] = {53, 5353, 5355};
    for (size_t i = 0; length >= UDP_HEADER && i < sizeof names / sizeof names[0]; i++)
        if (get16(at) == names[i] || get16(at + 2) == names[i]) {
            anonymous_dns(a, at + UDP_HEADER, length - UDP_HEADER);
            return true;
        }
    return false;
}

/* What an ICMP error quotes: addresses and ports are mapped, what follows the headers is cleared. */
static bool quote(struct anonymous *a, uint8_t *at, size_t length)
{
    const bool four = length >= IPV4_HEADER && at[0] >> 4 == 4, six = length >= IPV6_HEADER && at[0] >> 4 == 6;
    if (!four && !six)
        return length == 0;
    const size_t header = four ? (size_t)(at[0] & 15) * 4 : IPV6_HEADER;
    if (header < IPV4_HEADER || header > length)
        return false;
    uint8_t *const ends = at + (four ? 12 : 8), *const inner = at + header;
    const size_t size = four ? 8 : 32, left = length - header;
    const uint32_t before = sum_of(ends, size), header_before = sum_of(at, header);
    if (four) {
        anonymous_ipv4(a, ends);
        anonymous_ipv4(a, ends + 4);
        memset(at + IPV4_HEADER, 1, header - IPV4_HEADER);
        mend(at + 10, header_before, sum_of(at, header));
    } else {
        anonymous_ipv6(a, ends);
        anonymous_ipv6(a, ends + 16);
    }
    const uint8_t protocol = four ? at[9] : at[6];
    size_t kept = left < UDP_HEADER ? left : UDP_HEADER;
    if (protocol == TCP && left > 12) {
        kept = (size_t)(inner[12] >> 4) * 4;
        kept = kept < left ? kept : left;
        if (kept > TCP_HEADER)
            tcp_options(a, inner + TCP_HEADER, kept - TCP_HEADER);
        if (left >= 18)
            mend(inner + 16, before, sum_of(ends, size));
    } else if (protocol != TCP && protocol != UDP)
        kept = 0;
    memset(inner + kept, 0, left - kept);
    return true;
}

static bool icmp4(struct anonymous *a, uint8_t *at, size_t length)
{
    enum { ECHO_REPLY = 0, UNREACHABLE = 3, QUENCH = 4, REDIRECT = 5, ECHO = 8, TIME_EXCEEDED = 11, PARAMETER = 12 };
    if (length < ICMP_HEADER)
        return false;
    switch (at[0]) {
    case ECHO:
    case ECHO_REPLY:
        return true;
    case REDIRECT:
        anonymous_ipv4(a, at + 4);
        return quote(a, at + ICMP_HEADER, length - ICMP_HEADER);
    case UNREACHABLE:
    case QUENCH:
    case TIME_EXCEEDED:
    case PARAMETER:
        return quote(a, at + ICMP_HEADER, length - ICMP_HEADER);
    default:
        return false;
    }
}

/* RFC 4861 section 4.6: link-layer addresses. */
static void neighbour_options(struct anonymous *a, uint8_t *at, size_t length)
{
    while (length >= 8 && at[1] != 0 && (size_t)at[1] * 8 <= length) {
        const size_t size = (size_t)at[1] * 8;
        if ((at[0] == 1 || at[0] == 2) && size == 8)
            anonymous_mac(a, at + 2);
        else if (at[0] != 14) /* a nonce */
            memset(at + 2, 0, size - 2);
        at += size;
        length -= size;
    }
    memset(at, 0, length);
}

static bool icmp6(struct anonymous *a, uint8_t *at, size_t length)
{
    enum { LAST_ERROR = 4, ECHO = 128, ECHO_REPLY = 129, SOLICITATION = 135, ADVERTISEMENT = 136, NEIGHBOUR = 24 };
    if (length < ICMP_HEADER)
        return false;
    if (at[0] >= 1 && at[0] <= LAST_ERROR)
        return quote(a, at + ICMP_HEADER, length - ICMP_HEADER);
    if (at[0] == ECHO || at[0] == ECHO_REPLY)
        return true;
    if ((at[0] != SOLICITATION && at[0] != ADVERTISEMENT) || length < NEIGHBOUR)
        return false;
    anonymous_ipv6(a, at + 8);
    neighbour_options(a, at + NEIGHBOUR, length - NEIGHBOUR);
    return true;
}

/* ---- IP ---- */

struct carried {
    uint8_t *ends; /* both addresses, for the pseudo-header */
    size_t ends_size;
    uint8_t protocol;
    uint8_t *at;
    size_t length;
};

static bool map_carried(struct anonymous *a, const struct carried *c, uint32_t before, bool has_pseudo)
{
    static const uint8_t place[] = {[ICMP4] = 2, [TCP] = 16, [UDP] = 6, [ICMP6] = 2};
    const bool good = c->protocol == TCP     ? tcp(a, c->at, c->length)
                      : c->protocol == UDP   ? udp(a, c->at, c->length)
                      : c->protocol == ICMP4 ? icmp4(a, c->at, c->length)
                                             : icmp6(a, c->at, c->length);
    if (!good)
        return false;
    const size_t checksum = place[c->protocol];
    const uint32_t now = fold(sum_of(c->at, c->length) + (has_pseudo ? sum_of(c->ends, c->ends_size) : 0));
    const bool is_left_out = c->protocol == UDP && c->length >= 8 && get16(c->at + checksum) == 0;
    if (c->length >= checksum + 2 && !is_left_out)
        mend(c->at + checksum, before, now);
    return true;
}

static bool ipv4(struct anonymous *a, uint8_t *at, size_t length, size_t *used)
{
    const size_t header = length >= IPV4_HEADER ? (size_t)(at[0] & 15) * 4 : 0;
    if (header < IPV4_HEADER || header > length || (get16(at + 6) & 0x1fff) != 0)
        return false;
    const size_t total = get16(at + 2) >= header && get16(at + 2) < length ? get16(at + 2) : length;
    const struct carried c = {at + 12, 8, at[9], at + header, total - header};
    if (c.protocol != TCP && c.protocol != UDP && c.protocol != ICMP4)
        return false;
    const bool pseudo = c.protocol != ICMP4;
    const uint32_t header_before = sum_of(at, header);
    const uint32_t before = fold(sum_of(c.at, c.length) + (pseudo ? sum_of(c.ends, c.ends_size) : 0));
    anonymous_ipv4(a, c.ends);
    anonymous_ipv4(a, c.ends + 4);
    memset(at + IPV4_HEADER, 1, header - IPV4_HEADER); /* options may hold addresses: none does nothing */
    mend(at + 10, header_before, sum_of(at, header));
    *used = total;
    return map_carried(a, &c, before, pseudo);
}

/* Where the upper layer begins; 0: behind something that is not understood. */
static size_t upper_layer(const uint8_t *at, size_t length, uint8_t *protocol)
{
    size_t place = IPV6_HEADER;
    for (*protocol = at[6]; length - place >= 8;) {
        if (*protocol == HOP_BY_HOP || *protocol == DESTINATION) {
            *protocol = at[place];
            place += ((size_t)at[place + 1] + 1) * 8;
            if (place > length)
                return 0;
        } else if (*protocol == FRAGMENT && (get16(at + place + 2) & 0xfff8) == 0) {
            *protocol = at[place];
            place += 8;
        } else
            return *protocol == TCP || *protocol == UDP || *protocol == ICMP6 ? place : 0;
    }
    return *protocol == TCP || *protocol == UDP || *protocol == ICMP6 ? place : 0;
}

/* RFC 4291 section 2.7.1: ff02::1:ff with the last three bytes of the address that is asked for. */
static bool is_solicited_node(const uint8_t *address)
{
    static const uint8_t prefix[13] = {0xff, 2, [11] = 1, [12] = 0xff};
    return memcmp(address, prefix, sizeof prefix) == 0;
}

static bool ipv6(struct anonymous *a, uint8_t *at, size_t length, size_t *used)
{
    if (length < IPV6_HEADER)
        return false;
    const size_t whole = IPV6_HEADER + get16(at + 4), total = whole > IPV6_HEADER && whole < length ? whole : length;
    struct carried c = {at + 8, 32, 0, NULL, 0};
    const size_t place = upper_layer(at, total, &c.protocol);
    if (place == 0)
        return false;
    c.at = at + place;
    c.length = total - place;
    const bool asks = is_solicited_node(at + 24);
    if (asks && (c.protocol != ICMP6 || c.length < 24 || c.at[0] != 135))
        return false; /* whose three bytes it has is not known */
    const uint32_t before = fold(sum_of(c.at, c.length) + sum_of(c.ends, c.ends_size));
    anonymous_ipv6(a, c.ends);
    anonymous_ipv6(a, c.ends + 16);
    if (asks) {
        struct address target = address_from_ipv6(c.at + 8);
        target = anonymous_address(a, &target);
        memcpy(at + 37, target.bytes + 13, 3);
    }
    *used = total;
    return map_carried(a, &c, before, true);
}

/* ---- Links ---- */

static bool arp(struct anonymous *a, uint8_t *at, size_t length, size_t *used)
{
    enum { ARP_SIZE = 28 };
    static const uint8_t ethernet_and_ip[] = {0, 1, 8, 0, 6, 4};
    if (length < ARP_SIZE || memcmp(at, ethernet_and_ip, sizeof ethernet_and_ip) != 0)
        return false;
    anonymous_mac(a, at + 8);
    anonymous_ipv4(a, at + 14);
    anonymous_mac(a, at + 18);
    anonymous_ipv4(a, at + 24);
    *used = ARP_SIZE;
    return true;
}

/* What fills the frame up behind the packet may be anything. */
static bool network(struct anonymous *a, unsigned type, uint8_t *at, size_t length)
{
    size_t used = length;
    const bool good = type == ETHERTYPE_IP4    ? ipv4(a, at, length, &used)
                      : type == ETHERTYPE_IP6  ? ipv6(a, at, length, &used)
                      : type == ETHERTYPE_ARP_ ? arp(a, at, length, &used)
                                               : false;
    if (good)
        memset(at + used, 0, length - used);
    return good;
}

static bool ethernet(struct anonymous *a, uint8_t *at, size_t length)
{
    enum { HEADER = 14, TAG = 4 };
    size_t place = HEADER;
    if (length < HEADER)
        return false;
    const bool solicits = at[0] == 0x33 && at[1] == 0x33 && at[2] == 0xff;
    anonymous_mac(a, at);
    anonymous_mac(a, at + 6);
    unsigned type = get16(at + 12);
    while ((type == 0x8100 || type == 0x88a8 || type == 0x9100) && length - place >= TAG) {
        type = get16(at + place + 2);
        place += TAG;
    }
    if (!network(a, type, at + place, length - place))
        return false;
    if (solicits && type == ETHERTYPE_IP6)
        memcpy(at + 3, at + place + 37, 3);
    return true;
}

static bool by_version(struct anonymous *a, uint8_t *at, size_t length)
{
    if (length == 0)
        return false;
    return network(a, at[0] >> 4 == 4 ? ETHERTYPE_IP4 : at[0] >> 4 == 6 ? ETHERTYPE_IP6 : 0, at, length);
}

/* Linux cooked captures, both kinds: https://www.tcpdump.org/linktypes.html */
static bool cooked(struct anonymous *a, uint8_t *at, size_t length, bool second)
{
    const size_t header = second ? 20 : 16, mac = second ? 12 : 6;
    if (length < header)
        return false;
    const unsigned size = second ? at[11] : get16(at + 4);
    if (size == 6)
        anonymous_mac(a, at + mac);
    else if (size > 0)
        memset(at + mac, 0, 8);
    return network(a, get16(at + (second ? 0 : 14)), at + header, length - header);
}

static bool link_frame(struct anonymous *a, int linktype, uint8_t *at, size_t length)
{
    enum {
        NULL_LOOPBACK = 0,
        ETHERNET = 1,
        RAW = 101,
        LOOP = 108,
        COOKED = 113,
        IPV4 = 228,
        IPV6 = 229,
        COOKED_2 = 276
    };
    switch (linktype) {
    case ETHERNET:
        return ethernet(a, at, length);
    case COOKED:
    case COOKED_2:
        return cooked(a, at, length, linktype == COOKED_2);
    case NULL_LOOPBACK:
    case LOOP:
        return length > 4 && by_version(a, at + 4, length - 4);
    case RAW:
    case IPV4:
    case IPV6:
        return by_version(a, at, length);
    default:
        return false;
    }
}

bool anonymous_frame(struct anonymous *a, const struct frame *in, struct frame *out)
{
    if (in->caplen > sizeof a->frame)
        return false;
    memcpy(a->frame, in->data, in->caplen);
    *out = *in;
    out->data = a->frame;
    return link_frame(a, in->linktype, a->frame, in->caplen);
}
