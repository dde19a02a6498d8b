/* What other tools print: snoop of Solaris, Scapy's summaries, filterlog of pfSense and OPNsense, pktmon of Windows. */
#include <string.h>

#include <sshsniff/header_fields.h>

#include "text_formats.h"
#include "text_words.h"

/* ---- Solaris: "3 0.00021 A -> B TCP D=22 S=51514 Syn Ack=2 Seq=1 Len=0 Win=36560 Options=<mss 1460>" ---- */

static void snoop_flags(const char *p, struct text_tcp *t)
{
    static const struct {
        const char *word;
        uint8_t flag;
    } words[] = {{" Syn", TCP_SYN}, {" Fin", TCP_FIN}, {" Rst", TCP_RST}, {" Push", TCP_PSH}, {" Ack=", TCP_ACK}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(p, words[i].word))
            t->flags |= words[i].flag;
    t->has_flags = true;
}

static void snoop_numbers(const char *p, struct text_tcp *t)
{
    uint64_t n;
    text_seq_and_ack(p, t);
    if (text_keyed(p, "Len=", UINT16_MAX - 100, &n))
        t->length = (uint32_t)n;
    t->has_length = true;
    if (text_keyed(p, "Win=", UINT16_MAX, &n)) {
        t->has_window = true;
        t->window = (uint16_t)n;
    }
    const char *options = strstr(p, "Options=<"), *closed = options ? strchr(options, '>') : NULL;
    t->has_options = t->in_order = !options && t->flags & TCP_RST; /* older ones print none */
    if (closed)
        text_options(options + strlen("Options=<"), closed, t);
}

bool snoop_line(const char *line, struct text_packet *out)
{
    struct text_ip *ip = &out->ip;
    uint64_t to_port, from_port;
    const char *tcp = strstr(line, "TCP D="), *arrow = strstr(line, " -> ");
    if (!tcp || !arrow || arrow > tcp || !text_keyed(tcp, " D=", UINT16_MAX, &to_port) ||
        !text_keyed(tcp, " S=", UINT16_MAX, &from_port))
        return false;
    const char *from = arrow, *to = arrow + 4 + strspn(arrow + 4, " ");
    while (from > line && !strchr(" \t", from[-1]))
        from--;
    ip->v6 = memchr(from, ':', (size_t)(arrow - from)) != NULL;
    if (!text_host_word(from, (size_t)(arrow - from), ip->v6, &ip->src, &ip->src_named) ||
        !text_host_word(to, strcspn(to, " \t"), ip->v6, &ip->dst, &ip->dst_named))
        return false;
    (void)text_time(line, (size_t)(from - line), &out->clock, &out->time_us);
    ip->src_port = (uint16_t)from_port;
    ip->dst_port = (uint16_t)to_port;
    ip->has_src = ip->has_ports = true;
    out->kind = TEXT_TCP;
    out->tcp.absolute = true;
    snoop_flags(tcp, &out->tcp);
    snoop_numbers(tcp, &out->tcp);
    out->understood = 6 + 2 * (out->tcp.has_seq + out->tcp.has_window);
    out->ended = out->tcp.has_window;
    return out->tcp.flags != 0;
}

/* ---- Scapy: "Ether / IP / TCP 192.0.2.1:20000 > 192.0.2.7:ssh S / Padding" ---- */

static bool scapy_signs(const char *p, uint8_t *flags)
{
    static const char signs[] = "FSRPAUEC"; /* in the order of the header's bits */
    const size_t size = strcspn(p, " ");
    *flags = 0;
    for (size_t i = 0; i < size; i++) {
        const char *at = strchr(signs, p[i]);
        if (!at)
            return false;
        *flags |= (uint8_t)(1 << (at - signs));
    }
    return size > 0;
}

static bool scapy_error(const char *rest, struct text_packet *out)
{
    static const struct {
        const char *words;
        uint8_t type, code;
    } known[] = {{"network-unreachable", 3, 0},       {"host-unreachable", 3, 1},   {"protocol-unreachable", 3, 2},
                 {"port-unreachable", 3, 3},          {"network-prohibited", 3, 9}, {"host-prohibited", 3, 10},
                 {"communication-prohibited", 3, 13}, {"time-exceeded", 11, 0}};
    out->kind = TEXT_OTHER;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(rest, known[i].words)) {
            out->kind = TEXT_ICMP;
            out->icmp.type = known[i].type;
            out->icmp.code = known[i].code;
        }
    return true;
}

/* Neither numbers nor times, and what it sends is made by hand. */
bool scapy_line(const char *line, struct text_packet *out)
{
    struct text_ip *ip = &out->ip;
    const char *at = strstr(line, "IP / TCP "), *v6 = strstr(line, "IPv6 / TCP "), *icmp = strstr(line, "IP / ICMP ");
    if (!at && !v6 && !icmp)
        return false;
    const char *from = at ? at + 9 : v6 ? v6 + 11 : icmp + 10, *arrow = strstr(from, " > ");
    if (!arrow || memchr(from, ' ', (size_t)(arrow - from)))
        return false;
    const char *to = arrow + 3, *rest = to + strcspn(to, " ");
    const char separator = icmp && !at && !v6 ? '\0' : ':';
    ip->v6 = v6 != NULL;
    if (!text_endpoint(from, (size_t)(arrow - from), separator, ip->v6, &ip->src, &ip->src_named, &ip->src_port) ||
        !text_endpoint(to, (size_t)(rest - to), separator, ip->v6, &ip->dst, &ip->dst_named, &ip->dst_port))
        return false;
    ip->has_src = true;
    out->understood = 8;
    out->ended = true;
    if (!separator)
        return scapy_error(rest, out);
    out->kind = TEXT_TCP;
    ip->has_ports = out->tcp.has_flags = true;
    out->tcp.has_length = true;
    out->made_for_a_scan = true;
    return scapy_signs(rest + strspn(rest, " "), &out->tcp.flags);
}

/* ---- filterlog: "…filterlog[1]: 5,,,1000000103,em0,match,block,in,4,0x0,,53,1234,0,DF,6,tcp,60,A,B,51514,22,0,S,…"
 * ---- */

enum { FIELDS_MAX = 40 };

struct fields {
    const char *at[FIELDS_MAX];
    size_t size[FIELDS_MAX], count;
};

static void split_commas(const char *p, struct fields *out)
{
    out->count = 0;
    while (out->count < FIELDS_MAX) {
        const size_t size = strcspn(p, ", ");
        out->at[out->count] = p;
        out->size[out->count++] = size;
        if (p[size] != ',')
            break;
        p += size + 1;
    }
}

static bool field_number(const struct fields *f, size_t i, uint64_t most, uint64_t *out)
{
    return i < f->count && text_number(f->at[i], most, out, NULL);
}

static bool field_hex(const struct fields *f, size_t i, uint64_t most, uint64_t *out)
{
    return i < f->count && text_hex_number(f->at[i], most, out, NULL);
}

static void filterlog_ip(const struct fields *f, struct text_ip *ip)
{
    uint64_t n;
    if (field_hex(f, 9, UINT8_MAX, &n)) {
        ip->has_tos = true;
        ip->tos = (uint8_t)n;
    }
    if (field_number(f, 11, UINT8_MAX, &n)) {
        ip->has_ttl = true;
        ip->ttl = (uint8_t)n;
    }
    if (!ip->v6 && field_number(f, 12, UINT16_MAX, &n)) {
        ip->has_id = ip->has_df = true;
        ip->id = (uint16_t)n;
        ip->df = f->size[14] >= 2 && memcmp(f->at[14], "DF", 2) == 0;
    }
}

/* `i` is the source port's. */
static bool filterlog_tcp(const struct fields *f, size_t i, struct text_packet *out)
{
    struct text_tcp *t = &out->tcp;
    uint64_t from, to, n;
    char signs[10] = "";
    if (!field_number(f, i, UINT16_MAX, &from) || !field_number(f, i + 1, UINT16_MAX, &to) || i + 3 >= f->count ||
        f->size[i + 3] >= sizeof signs)
        return false;
    memcpy(signs, f->at[i + 3], f->size[i + 3]);
    out->ip.src_port = (uint16_t)from;
    out->ip.dst_port = (uint16_t)to;
    t->has_flags = scapy_signs(signs, &t->flags);
    t->absolute = true;
    if ((t->has_seq = field_number(f, i + 4, UINT32_MAX, &n)))
        t->seq = (uint32_t)n;
    if ((t->has_ack = field_number(f, i + 5, UINT32_MAX, &n)))
        t->ack = (uint32_t)n;
    if ((t->has_window = field_number(f, i + 6, UINT16_MAX, &n)))
        t->window = (uint16_t)n;
    if ((t->has_length = field_number(f, i + 2, UINT16_MAX - 100, &n)))
        t->length = (uint32_t)n;
    return t->has_flags;
}

bool filterlog_line(const char *line, struct text_packet *out)
{
    struct fields f;
    const char *p = strstr(line, "filterlog"), *start = p ? strchr(p, ':') : NULL;
    if (!start)
        return false;
    split_commas(start + 1 + strspn(start + 1, " "), &f);
    if (f.count < 20 || (*f.at[8] != '4' && *f.at[8] != '6'))
        return false;
    struct text_ip *ip = &out->ip;
    ip->v6 = *f.at[8] == '6';
    const size_t src = ip->v6 ? 15 : 18, protocol = ip->v6 ? 12 : 16;
    if (!text_host_word(f.at[src], f.size[src], ip->v6, &ip->src, &ip->src_named) ||
        !text_host_word(f.at[src + 1], f.size[src + 1], ip->v6, &ip->dst, &ip->dst_named))
        return false;
    (void)text_time(line, (size_t)(p - line), &out->clock, &out->time_us);
    out->understood = 8;
    out->ended = true;
    out->kind = TEXT_OTHER;
    if (strncmp(f.at[protocol], "tcp", 3) != 0 && strncmp(f.at[protocol], "TCP", 3) != 0)
        return true;
    out->kind = TEXT_TCP;
    ip->has_src = ip->has_ports = true;
    filterlog_ip(&f, ip);
    out->hook = strncmp(f.at[7], "out", 3) == 0 ? HOOK_OUTPUT : HOOK_INPUT;
    return filterlog_tcp(&f, src + 2, out);
}

/* ---- pktmon: a line with the time, and one as tcpdump has it; the packet again in each component it passes ---- */

bool pktmon_line(const char *line, struct text_packet *out)
{
    uint64_t appearance;
    const char *group = strstr(line, "PktGroupId ");
    if (!group || !text_keyed(group, "Appearance ", UINT32_MAX, &appearance))
        return false;
    if (strstr(group, " > ") && tcpdump_line(line, out)) {
        if (appearance != 1)
            out->kind = TEXT_OTHER;
        return true;
    }
    memset(out, 0, sizeof *out);
    out->awaits_body = true;
    out->understood = 1;
    return text_time(line, (size_t)(group - line), &out->clock, &out->time_us);
}

/* ---- tcpdump's line, retyped: "IP A.51514 -> B.22: Flags [S]" ---- */

bool other_arrow_line(const char *line, struct text_packet *out)
{
    static const char *const arrows[] = {" -> ", " → "};
    char plain[TEXT_LINE_SIZE];
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
        const char *at = strstr(line, arrows[i]);
        if (!at || strlen(line) >= sizeof plain)
            continue;
        const size_t before = (size_t)(at - line);
        memcpy(plain, line, before);
        memcpy(plain + before, " > ", 3);
        strcpy(plain + before + 3, at + strlen(arrows[i]));
        if (tcpdump_line(plain, out))
            return true;
    }
    return false;
}
