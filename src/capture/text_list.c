/* tshark's lines, and Wireshark's packet list as it is copied: number, time, source, destination, protocol, length and
 * what the protocol says, between blanks, tabs or arrows; the columns before the source and the length may lack. */
#include <string.h>

#include <sshsniff/header_fields.h>

#include "text_formats.h"
#include "text_words.h"

enum { WORDS_MAX = 48 };

struct word {
    const char *at;
    size_t size;
};

static bool is_word(const struct word *word, const char *text)
{
    return strlen(text) == word->size && memcmp(word->at, text, word->size) == 0;
}

static bool is_arrow(const struct word *word)
{
    return is_word(word, "→") || is_word(word, "->") || is_word(word, ">") || is_word(word, "⇒");
}

static size_t split(const char *line, struct word *words)
{
    size_t count = 0;
    while (count < WORDS_MAX) {
        line += strspn(line, " \t");
        const size_t size = strcspn(line, " \t");
        if (size == 0)
            break;
        if (size > 1 || *line != '|') /* of a table in Markdown */
            words[count++] = (struct word){line, size};
        line += size;
    }
    return count;
}

static const char *const protocols[] = {"TCP",  "SSH",   "SSHv2",   "SSHv1",   "ICMP", "ICMPv6", "ARP",
                                        "HTTP", "TLSv1", "TLSv1.2", "TLSv1.3", "FTP",  "SMTP"};

static bool is_protocol(const struct word *word)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (is_word(word, protocols[i]))
            return true;
    return false;
}

/* The columns before the protocol's, from their end: destination, arrow, source, time, number. */
static bool read_columns(const char *line, const struct word *words, size_t protocol, struct text_packet *out)
{
    struct text_ip *ip = &out->ip;
    if (protocol < 2)
        return false;
    const struct word *to = &words[protocol - 1], *from = to - 1;
    if (is_arrow(from)) {
        if (protocol < 3)
            return false;
        from--;
    }
    ip->v6 = memchr(from->at, ':', from->size) != NULL;
    if (!text_host_word(from->at, from->size, ip->v6, &ip->src, &ip->src_named) ||
        !text_host_word(to->at, to->size, ip->v6, &ip->dst, &ip->dst_named))
        return false;
    if (!ip->src_named && !address_is_ipv4(&ip->src))
        ip->v6 = true;
    uint64_t size;
    if (text_number(words[protocol + 1].at, UINT16_MAX, &size, NULL)) /* there is a word behind the protocol's */
        out->frame_size = (uint32_t)size;
    ip->has_src = true;
    for (const struct word *w = words; w < from; w++) {
        enum text_clock clock;
        int64_t us;
        if (text_time(w->at, w->size, &clock, &us)) {
            if (w > words && w->at > line && clock == TEXT_OF_DAY)
                (void)text_time(line, (size_t)(w->at + w->size - line), &clock, &us); /* with its date */
            out->clock = clock;
            out->time_us = us;
        }
    }
    return true;
}

static const struct {
    const char *name;
    uint8_t flag;
} flag_names[] = {{"SYN", TCP_SYN}, {"FIN", TCP_FIN}, {"RST", TCP_RST}, {"PSH", TCP_PSH}, {"ACK", TCP_ACK},
                  {"URG", TCP_URG}, {"ECE", TCP_ECE}, {"ECN", TCP_ECE}, {"CWR", TCP_CWR}};

/* "[SYN, ACK]" at `p`: nothing else between the brackets. */
static bool read_flags(const char *p, uint8_t *flags, const char **end)
{
    *flags = 0;
    for (p++;;) {
        size_t i = 0;
        while (i < sizeof flag_names / sizeof *flag_names &&
               strncmp(p, flag_names[i].name, strlen(flag_names[i].name)) != 0)
            i++;
        if (i == sizeof flag_names / sizeof *flag_names)
            return false;
        *flags |= flag_names[i].flag;
        p += strlen(flag_names[i].name);
        if (*p == ']') {
            *end = p + 1;
            return true;
        }
        if (*p != ',')
            return false;
        p += 1 + strspn(p + 1, " ");
    }
}

/* The order is not told: as Linux has it, which no row looks at then. */
static void read_options(const char *p, struct text_tcp *t)
{
    uint64_t n, m;
    if (text_keyed(p, " MSS=", UINT16_MAX, &n)) {
        memcpy(t->options, (uint8_t[]){2, 4, (uint8_t)(n >> 8), (uint8_t)n}, 4);
        t->options_size = 4;
    }
    if (strstr(p, " SACK_PERM")) {
        memcpy(t->options + t->options_size, (uint8_t[]){4, 2}, 2);
        t->options_size += 2;
    }
    if (text_keyed(p, " TSval=", UINT32_MAX, &n) && text_keyed(p, " TSecr=", UINT32_MAX, &m)) {
        const uint8_t option[10] = {8,
                                    10,
                                    (uint8_t)(n >> 24),
                                    (uint8_t)(n >> 16),
                                    (uint8_t)(n >> 8),
                                    (uint8_t)n,
                                    (uint8_t)(m >> 24),
                                    (uint8_t)(m >> 16),
                                    (uint8_t)(m >> 8),
                                    (uint8_t)m};
        memcpy(t->options + t->options_size, option, sizeof option);
        t->options_size += 10;
    }
    if (text_keyed(p, " WS=", 1 << 14, &n)) {
        uint8_t shift = 0;
        while (shift < 14 && (UINT64_C(1) << shift) < n)
            shift++;
        memcpy(t->options + t->options_size, (uint8_t[]){3, 3, shift}, 3);
        t->options_size += 3;
    }
    while (t->options_size % 4)
        t->options[t->options_size++] = 1;
    t->has_options = true;
    t->in_order = t->options_size == 0;
}

static void read_numbers(const char *p, struct text_tcp *t)
{
    uint64_t n;
    t->has_flags = t->counted_from_syn = true;
    text_seq_and_ack(p, t);
    if (text_keyed(p, "Win=", UINT32_MAX, &n)) {
        t->has_window = n <= UINT16_MAX && (t->flags & TCP_SYN || n == 0);
        t->window = n <= UINT16_MAX ? (uint16_t)n : 0;
    }
    if (text_keyed(p, "Len=", UINT16_MAX - 100, &n)) {
        t->has_length = true;
        t->length = (uint32_t)n;
    }
    read_options(p, t);
}

/* The ports stand right before the flags: "39284 → 20 [SYN]", "bvcontrol > 843 [SYN]". */
static bool read_segment(const char *line, const struct word *words, size_t count, struct text_packet *out)
{
    for (size_t i = 3; i < count; i++) {
        const char *end;
        if (words[i].at[0] != '[' || !read_flags(words[i].at, &out->tcp.flags, &end) || !is_arrow(&words[i - 2]) ||
            !text_port(words[i - 1].at, words[i - 1].size, &out->ip.dst_port) ||
            !text_port(words[i - 3].at, words[i - 3].size, &out->ip.src_port))
            continue;
        size_t protocol = i - 3;
        while (protocol > 0 && !is_protocol(&words[protocol]))
            protocol--;
        if (protocol == 0 || !read_columns(line, words, protocol, out))
            return false;
        out->kind = TEXT_TCP;
        out->ip.has_ports = true;
        read_numbers(end, &out->tcp);
        out->understood = 6 + 2 * (out->tcp.has_seq + out->tcp.has_length) + out->tcp.options_size;
        out->ended = out->tcp.has_length;
        return out->tcp.has_seq;
    }
    return false;
}

static bool read_ssh_words(const char *info, struct text_packet *out)
{
    uint64_t n;
    const char *banner = strstr(info, "Protocol (SSH-");
    out->said_by = strstr(info, "Server: ")   ? SAID_BY_SERVER
                   : strstr(info, "Client: ") ? SAID_BY_CLIENT
                                              : SAID_BY_ANYBODY;
    out->tcp.flags = TCP_PSH | TCP_ACK;
    out->tcp.has_flags = true;
    if (banner) {
        banner += strlen("Protocol (");
        const char *more = strstr(banner, "), "), *end = more ? more : strrchr(banner, ')');
        if (!end || (size_t)(end - banner) + 2 > sizeof out->said)
            return false;
        memcpy(out->said, banner, (size_t)(end - banner));
        memcpy(out->said + (end - banner), "\r\n", 2);
        out->said_size = (size_t)(end - banner) + 2;
        out->tcp.length = (uint32_t)out->said_size;
        out->tcp.has_length = !more;
    } else if (text_keyed(info, "len=", UINT16_MAX - 100, &n)) {
        out->tcp.length = (uint32_t)n;
        out->tcp.has_length = true;
    }
    return true;
}

static void read_unreachable(const char *info, struct text_packet *out)
{
    static const struct {
        const char *words;
        uint8_t type, code, type6, code6;
    } known[] = {{"Network unreachable", 3, 0, 1, 0},
                 {"Host unreachable", 3, 1, 1, 3},
                 {"Address unreachable", 3, 1, 1, 3},
                 {"Protocol unreachable", 3, 2, 4, 1},
                 {"Port unreachable", 3, 3, 1, 4},
                 {"Fragmentation needed", 3, 4, 2, 0},
                 {"Packet Too Big", 3, 4, 2, 0},
                 {"Network administratively prohibited", 3, 9, 1, 1},
                 {"Host administratively prohibited", 3, 10, 1, 1},
                 {"Communication administratively filtered", 3, 13, 1, 1},
                 {"Administratively prohibited", 3, 13, 1, 1},
                 {"no route to destination", 3, 0, 1, 0},
                 {"Time-to-live exceeded", 11, 0, 3, 0},
                 {"hop limit exceeded", 11, 0, 3, 0}};
    out->kind = TEXT_OTHER;
    for (size_t i = 0; i < sizeof known / sizeof *known && out->kind == TEXT_OTHER; i++)
        if (strcasestr(info, known[i].words)) {
            out->kind = TEXT_ICMP;
            out->understood += 2;
            out->icmp.type = out->ip.v6 ? known[i].type6 : known[i].type;
            out->icmp.code = out->ip.v6 ? known[i].code6 : known[i].code;
        }
}

/* "Who has 192.0.2.7? Tell 192.0.2.1", "192.0.2.7 is at 02:00:…" */
static bool read_arp_words(const char *info, struct text_packet *out)
{
    bool named;
    const char *who = strcasestr(info, "who has "), *tell = who ? strstr(who, "Tell ") : NULL,
               *at = strstr(info, " is at ");
    out->kind = TEXT_ARP;
    if (tell) {
        who += strlen("who has ");
        tell += strlen("Tell ");
        out->arp.op = TEXT_ARP_REQUEST;
        return text_host_word(who, strcspn(who, "? "), false, &out->ip.dst, &named) &&
               text_host_word(tell, strcspn(tell, " "), false, &out->ip.src, &named);
    }
    if (!at)
        return false;
    const char *host = at;
    while (host > info && !strchr(" \t", host[-1]))
        host--;
    out->arp.op = TEXT_ARP_REPLY;
    out->arp.has_mac = text_mac(at + strlen(" is at "), out->arp.mac, NULL);
    out->ip.dst = address_from_ipv4("\0\0\0\0");
    return text_host_word(host, (size_t)(at - host), false, &out->ip.src, &named) && out->arp.has_mac;
}

static bool read_other(const char *line, const struct word *words, size_t count, struct text_packet *out)
{
    size_t protocol = 2;
    while (protocol < count && !is_protocol(&words[protocol]))
        protocol++;
    if (protocol + 1 >= count || !read_columns(line, words, protocol, out) || out->clock == TEXT_NO_TIME)
        return false;
    const char *info = words[protocol + 1].at;
    out->understood = 6;
    out->ended = true;
    if (is_word(&words[protocol], "ARP"))
        return read_arp_words(info, out);
    if (is_word(&words[protocol], "ICMP") || is_word(&words[protocol], "ICMPv6")) {
        read_unreachable(info, out);
        out->ended = out->kind == TEXT_ICMP;
        return true;
    }
    if (!strstr(info, "Server: ") && !strstr(info, "Client: ") && !strstr(info, "ncrypted ") &&
        !strstr(info, "[TCP segment of a reassembled PDU]"))
        return false;
    out->kind = TEXT_TCP;
    out->by_number = true;
    return read_ssh_words(info, out);
}

/* Exported as comma-separated values: "1","0.000000","192.0.2.1",… */
static bool without_commas(const char *line, char *out, size_t size)
{
    const char *p = strchr(line, '"');
    size_t at = 0;
    if (!p || !strstr(p, "\",\""))
        return false;
    for (p++; *p && at + 1 < size; p++) {
        if (*p == '"' && p[1] == ',' && p[2] == '"')
            p += 2;
        out[at++] = *p == '"' ? ' ' : *p;
    }
    out[at] = '\0';
    return true;
}

bool packet_list_line(const char *line, struct text_packet *out)
{
    struct word words[WORDS_MAX];
    char plain[1024];
    if (without_commas(line, plain, sizeof plain))
        line = plain;
    const size_t count = split(line, words);
    if (count < 5)
        return false;
    if (read_segment(line, words, count, out))
        return true;
    memset(out, 0, sizeof *out);
    return read_other(line, words, count, out);
}
