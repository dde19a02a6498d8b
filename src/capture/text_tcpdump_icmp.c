/* tcpdump's lines of ICMP errors, of ARP and of IPv6's neighbour discovery. */
#include <string.h>

#include "text_tcpdump_icmp.h"
#include "text_tcpdump_ip.h"
#include "text_words.h"

/* ---- ICMP ---- */

/* Words of an error, from where it begins: of IPv4 and IPv6; 3.x and 4.x say the same. */
static const struct icmp_words {
    const char *words;
    uint8_t type, code, type6, code6;
    bool port, host; /* "… tcp port P unreachable"; the host stands before the words */
} icmp_words[] = {
    {"unreachable - admin prohibited filter", 3, 13, 1, 1, false, true},
    {"unreachable - admin prohibited", 3, 10, 1, 1, false, true},
    {"unreachable - need to frag", 3, 4, 2, 0, false, true},
    {"unreachable port, ", 3, 3, 1, 4, true, true},
    {"tcp port", 3, 3, 1, 4, true, true},
    {"protocol", 3, 2, 4, 1, false, true},
    {"unreachable prohibited", 3, 13, 1, 1, false, false},
    {"unreach code (5)", 3, 13, 1, 5, false, false},
    {"unreach code (6)", 3, 13, 1, 6, false, false},
    {"unreachable route", 3, 0, 1, 0, false, false},
    {"unreachable address", 3, 1, 1, 3, false, false},
    {"unreachable port", 3, 3, 1, 4, false, false},
    {"packet too big", 3, 4, 2, 0, false, false},
    {"time exceeded", 11, 0, 3, 0, false, false},
    {"unreachable", 3, 1, 1, 3, false, true},
};

static const struct icmp_words *find_words(const char *rest)
{
    for (size_t i = 0; i < sizeof icmp_words / sizeof *icmp_words; i++)
        if (strstr(rest, icmp_words[i].words))
            return &icmp_words[i];
    return NULL;
}

static void read_about(const char *rest, const struct icmp_words *words, struct text_packet *out)
{
    struct text_icmp *i = &out->icmp;
    const bool net = starts(rest, "net ");
    const char *host = starts(rest, "host ") || net ? strchr(rest, ' ') + 1 : rest;
    bool named;
    i->has_about = words->host && text_host_word(host, strcspn(host, " ,"), out->ip.v6, &i->about_host, &named);
    if (net && words->type == 3 && (words->code == 1 || words->code == 10))
        i->code = words->code == 1 ? 0 : 9;
    const char *port = words->port ? strstr(rest, "tcp port ") : strstr(rest, " tcp port ");
    if (port) {
        port = strstr(port, "port ") + 5;
        (void)text_port(port, strcspn(port, " ,"), &i->about_port);
        if (!i->has_about)
            i->has_about = text_host_word(rest, strcspn(rest, " ,"), out->ip.v6, &i->about_host, &named);
    }
}

/* IPv6 names the host last: "unreachable port, 2001:db8::1 tcp port 22", "unreachable address 2001:db8::1", "time
 * exceeded in-transit for 2001:db8::1". */
static void read_about_ipv6(const char *rest, struct text_packet *out)
{
    static const char *const before[] = {"port, ", "address ", "route ", "prohibited ", "beyond scope ", " for "};
    struct text_icmp *i = &out->icmp;
    bool named;
    for (size_t n = 0; n < sizeof before / sizeof *before && !i->has_about; n++) {
        const char *at = strstr(rest, before[n]);
        if (!at)
            continue;
        at += strlen(before[n]);
        i->has_about = text_host_word(at, strcspn(at, " ,"), true, &i->about_host, &named);
        const char *port = strstr(at, " tcp port ");
        if (port && i->has_about)
            (void)text_port(port + 10, strcspn(port + 10, " ,"), &i->about_port);
    }
}

/* "neighbor solicitation, who has X", "neighbor advertisement, tgt is X": who asks or speaks is the packet's source. */
static bool read_neighbour(const char *rest, struct text_packet *out)
{
    const char *who = strstr(rest, "who has "), *told = strstr(rest, "tgt is ");
    bool named;
    if (!strstr(rest, "neighbor ") || (!who && !told))
        return false;
    who = who ? who + 8 : told + 7;
    out->kind = TEXT_NEIGHBOUR;
    out->ended = true;
    out->neighbour.op = told ? TEXT_ARP_REPLY : TEXT_ARP_REQUEST;
    out->neighbour.solicited = told && (strstr(rest, "solicited") || !strstr(rest, "Flags ["));
    const char *mac = strstr(rest, "(1): ");
    if (mac)
        out->neighbour.has_mac = text_mac(mac + 5, out->neighbour.mac, NULL);
    return text_host_word(who, strcspn(who, " ,"), true, &out->neighbour.target, &named);
}

bool tcpdump_icmp(const char *rest, bool named_ip, struct text_packet *out)
{
    uint64_t mtu;
    if (starts(rest, "[icmp") && strchr(rest, ']'))
        rest = strchr(rest, ']') + 1;
    rest += strspn(rest, " ");
    const bool old = starts(rest, "icmp"), v6 = starts(rest, "ICMP6");
    if (!old && !starts(rest, "ICMP"))
        return false;
    rest += v6 ? 6 : 4;
    rest += strspn(rest, " ,");
    uint64_t size;
    const char *end;
    if (text_number(rest, UINT16_MAX, &size, &end) && *end == ':') /* "icmp 36: …" */
        rest = end;
    rest += strspn(rest, ":6 ,");
    if (starts(rest, "destination "))
        rest += strlen("destination ");
    out->understood += 4;
    if (out->ip.v6 && read_neighbour(rest, out))
        return true;
    const struct icmp_words *words = find_words(rest);
    out->kind = TEXT_OTHER;
    if (!words)
        return strstr(rest, "echo re") != NULL || v6;
    out->kind = TEXT_ICMP;
    out->icmp.type = out->ip.v6 ? words->type6 : words->type;
    out->icmp.code = out->ip.v6 ? words->code6 : words->code;
    if (text_keyed(rest, "mtu ", UINT16_MAX, &mtu) || text_keyed(rest, "mtu=", UINT16_MAX, &mtu))
        out->icmp.mtu = (uint16_t)mtu;
    if (out->ip.v6)
        read_about_ipv6(rest, out);
    else
        read_about(rest, words, out);
    out->understood += (strstr(rest, "length ") ? 2 : 0) + 1 + out->icmp.has_about + (out->icmp.about_port != 0);
    if (old && !named_ip)
        tcpdump_tail(rest, &out->ip);
    return true;
}

/* ---- ARP ---- */

/* "who-has X tell Y", "who-has X (MAC) tell Y", "reply X is-at MAC" */
bool tcpdump_arp(const char *line, struct text_packet *out)
{
    const char *ask = strstr(line, "who-has "), *told = strstr(line, " is-at ");
    const char *word = strstr(line, "ARP") ? strstr(line, "ARP") : strstr(line, "arp");
    bool named;
    if (!word || (!ask && !told))
        return false;
    out->kind = TEXT_ARP;
    out->understood = 6;
    out->ended = true;
    (void)text_time(line, (size_t)(word - line), &out->clock, &out->time_us);
    char head[256];
    const size_t size = (size_t)(word - line) < sizeof head ? (size_t)(word - line) : sizeof head - 1;
    memcpy(head, line, size);
    head[size] = '\0';
    tcpdump_macs(head, out);
    tcpdump_direction(head, out);
    if (ask) {
        const char *target = ask + strlen("who-has "), *tell = strstr(target, "tell ");
        out->arp.op = TEXT_ARP_REQUEST;
        return tell && text_host_word(target, strcspn(target, " ,"), false, &out->ip.dst, &named) &&
               text_host_word(tell + 5, strcspn(tell + 5, " ,"), false, &out->ip.src, &named);
    }
    const char *host = told;
    while (host > line && !strchr(" \t", host[-1]))
        host--;
    out->arp.op = TEXT_ARP_REPLY;
    out->arp.has_mac = text_mac(told + strlen(" is-at "), out->arp.mac, NULL);
    out->ip.dst = address_from_ipv4("\0\0\0\0");
    return text_host_word(host, (size_t)(told - host), false, &out->ip.src, &named) && out->arp.has_mac;
}
