/* tcpdump's lines, 3.x and 4.x, of every system and option set: [what stands before] source > destination: flags … */
#include <string.h>

#include <sshsniff/header_fields.h>

#include "text_formats.h"
#include "text_tcpdump_icmp.h"
#include "text_tcpdump_ip.h"
#include "text_words.h"

/* ---- TCP ---- */

struct flag_sign {
    char sign;
    uint8_t flag;
};

static const struct flag_sign flag_signs[] = {{'S', TCP_SYN}, {'F', TCP_FIN}, {'R', TCP_RST}, {'P', TCP_PSH},
                                              {'.', TCP_ACK}, {'U', TCP_URG}, {'E', TCP_ECE}, {'W', TCP_CWR}};

/* Signs of flags at `p`; `*end` is behind them. */
static bool read_signs(const char *p, uint8_t *flags, const char **end)
{
    const char *start = p;
    *flags = 0;
    for (; *p; p++) {
        size_t i = 0;
        while (i < sizeof flag_signs / sizeof *flag_signs && flag_signs[i].sign != *p)
            i++;
        if (i == sizeof flag_signs / sizeof *flag_signs)
            break;
        *flags |= flag_signs[i].flag;
    }
    *end = p;
    return p > start;
}

static void read_sum(const char *rest, struct text_tcp *t)
{
    uint64_t sum, due;
    if (!text_keyed_hex(rest, "cksum 0x", UINT16_MAX, &sum)) {
        t->sum_told = t->sum_good = strstr(rest, "[tcp sum ok]") != NULL;
        return;
    }
    t->sum = (uint16_t)sum;
    t->sum_good = strstr(rest, "(correct)") || strstr(rest, "(ok)");
    if (t->sum_good)
        t->sum_told = true;
    else if (text_keyed_hex(rest, "incorrect -> 0x", UINT16_MAX, &due) ||
             text_keyed_hex(rest, "->", UINT16_MAX, &due)) {
        t->sum_told = true;
        t->sum_due = (uint16_t)due;
    }
}

/* A number that the line ends with may have been cut. */
static bool whole_number(const char *rest, const char *key, uint64_t most, uint64_t *out)
{
    const char *at = strstr(rest, key), *end;
    return at && text_number(at + strlen(key), most, out, &end) && *end != '\0';
}

/* "seq 1:37, ack 1, win 229, options […], length 36" */
static int read_numbers(const char *rest, struct text_tcp *t)
{
    int understood = 0;
    uint64_t n, m;
    const char *end, *seq = strstr(rest, "seq ");
    if (seq && text_number(seq + 4, UINT32_MAX, &n, &end) && *end) {
        t->has_seq = true;
        t->seq = (uint32_t)n;
        understood += 2;
        if (*end == ':' && text_number(end + 1, UINT32_MAX, &m, &end) && *end) {
            t->has_length = true;
            t->length = (uint32_t)m - t->seq;
        }
    }
    if (whole_number(rest, "ack ", UINT32_MAX, &n)) {
        t->has_ack = true;
        t->ack = (uint32_t)n;
        understood += 2;
    }
    if (whole_number(rest, "win ", UINT16_MAX, &n)) {
        t->has_window = true;
        t->window = (uint16_t)n;
        understood += 2;
    }
    return understood;
}

/* `: SSH: SSH-2.0-OpenSSH_9.2p1` behind the length, of a segment with that and its end of line. */
static void read_said(const char *rest, struct text_packet *out)
{
    const char *banner = strstr(rest, ": SSH: SSH-");
    if (!banner)
        return;
    banner += strlen(": SSH: ");
    size_t size = strcspn(banner, "\r\n");
    while (size && banner[size - 1] == ' ')
        size--;
    const uint32_t ends = out->tcp.length > size ? out->tcp.length - (uint32_t)size : 0;
    if (ends < 1 || size + 2 > sizeof out->said)
        return;
    memcpy(out->said, banner, size);
    memcpy(out->said + size, ends == 1 ? "\n" : "\r\n", 2);
    out->said_size = size + (ends == 1 ? 1 : 2); /* more may follow in the same segment */
}

static void bound_length(struct text_tcp *t)
{
    if (t->length > UINT16_MAX - 100)
        t->has_length = false;
    if (!t->has_length)
        t->length = 0;
}

/* tcpdump 4.x: "Flags [S], cksum …" */
static bool read_new(const char *rest, struct text_packet *out)
{
    struct text_tcp *t = &out->tcp;
    uint64_t n;
    const char *end;
    if (!starts(rest, "Flags ["))
        return false;
    const char *signs = rest + strlen("Flags [");
    if (starts(signs, "none]"))
        t->flags = 0;
    else if (!read_signs(signs, &t->flags, &end) || *end != ']')
        return false;
    t->has_flags = true;
    out->understood += 4 + read_numbers(rest, t);
    read_sum(rest, t);
    const char *options = strstr(rest, "options ["), *closed = options ? strchr(options, ']') : NULL;
    const char *length = strstr(rest, ", length ");
    if (closed) {
        text_options(options + strlen("options ["), closed, t);
        out->understood++;
    }
    if (length && text_number(length + strlen(", length "), UINT32_MAX, &n, NULL)) {
        t->has_length = true;
        t->length = (uint32_t)n;
        out->understood += 2;
        out->ended = true;
    }
    if (!options && (out->ended || t->has_window)) /* they would have been printed */
        t->has_options = t->in_order = out->ended || t->flags & TCP_RST;
    bound_length(t);
    read_said(rest, out);
    return true;
}

static bool is_between(const char *p, const char *end)
{
    return p && p < end;
}

/* tcpdump 3.x: "S 1:1(0) ack 2 win 5840 <mss 1460,…> (DF) …", "S, cksum …, 1:1(0)", ". ack 1 win 8332". */
static bool read_old(const char *rest, bool old_head, struct text_packet *out)
{
    struct text_tcp *t = &out->tcp;
    uint64_t n, m, size;
    const char *end;
    if (!read_signs(rest, &t->flags, &end) || (*end != ' ' && *end != ','))
        return false;
    read_sum(end, t);
    const char *p = strstr(end, "[tcp sum ok] "), *bad = strstr(end, "[bad tcp cksum "), *sum = strstr(end, "cksum ");
    if (p)
        end = p + strlen("[tcp sum ok] ");
    else if (bad && (p = strchr(bad, ']')))
        end = p + 1;
    else if (sum && (p = strchr(sum, ')')) && (p = strchr(p, ',')))
        end = p + 1;
    end += strspn(end, " ,");
    t->flags &= (uint8_t)~TCP_ACK; /* told by "ack", and "." stands for no other flag */
    if (text_number(end, UINT32_MAX, &n, &end)) {
        if (*end != ':' || !text_number(end + 1, UINT32_MAX, &m, &end) || *end != '(' ||
            !text_number(end + 1, UINT16_MAX, &size, &end) || *end != ')')
            return false;
        t->has_seq = t->has_length = true;
        t->seq = (uint32_t)n;
        t->length = (uint32_t)size;
        out->understood += 2;
    } else if (!starts(end, "ack "))
        return false;
    const char *options = strchr(end, '<'), *closed = options ? strchr(options, '>') : NULL;
    const char *win = strstr(end, "win ");
    t->has_flags = true;
    if (text_keyed(end, "ack ", UINT32_MAX, &n)) {
        t->has_ack = true;
        t->ack = (uint32_t)n;
        t->flags |= TCP_ACK;
        out->understood += 2;
    }
    if (text_keyed(end, "win ", UINT16_MAX, &n)) {
        t->has_window = t->has_length = true;
        t->window = (uint16_t)n;
        out->understood += 2;
        t->has_options = t->in_order = !options;
    }
    if (is_between(options, closed) && closed[1] != '\0' ? true : closed != NULL) {
        text_options(options + 1, closed, t);
        out->understood++;
    }
    if (!win && !(t->flags & TCP_RST))
        out->ended = false;
    if (!old_head) {
        tcpdump_tail(end, &out->ip);
        out->understood += strstr(end, "(DF)") != NULL;
        out->understood += strstr(end, "[tos ") && strchr(strstr(end, "[tos "), ']');
        out->understood += 2 * (out->ip.has_ttl + out->ip.has_id);
    }
    bound_length(t);
    out->understood += 4;
    return true;
}

/* -q: "tcp 0 (DF)" */
static bool read_quiet(const char *rest, bool named_ip, struct text_packet *out)
{
    uint64_t n;
    const char *end;
    if (starts(rest, "[|tcp]")) { /* the snaplen cut the header */
        out->tcp.has_length = out->ended = true;
        out->understood += 4;
        return true;
    }
    if (!starts(rest, "tcp ") || !text_number(rest + 4, UINT16_MAX, &n, &end) || (*end && *end != ' '))
        return false;
    out->tcp.has_length = true;
    out->tcp.length = (uint32_t)n;
    out->understood += 4;
    out->ended = true;
    if (!named_ip)
        tcpdump_tail(end, &out->ip);
    return true;
}

/* ---- The line ---- */

static bool has_word(const char *head, const char *word)
{
    const size_t size = strlen(word);
    for (const char *p = head; (p = strstr(p, word)); p += size)
        if ((p == head || strchr(" \t:,", p[-1])) && (!p[size] || strchr(" \t(,", p[size])))
            return true;
    return false;
}

static size_t word_before(const char *line, const char *at)
{
    size_t size = 0;
    while (at - size > line && !strchr(" \t,)", at[-1 - (ptrdiff_t)size]))
        size++;
    return size;
}

/* -v: the packet that the error quotes follows, with its own head. */
static void read_quote(const char *rest, struct text_packet *out)
{
    struct text_packet quoted;
    static const char *const heads[] = {" IP (", " IP6 (", " (tos ", " (flowlabel ", " (class ", " (hlim "};
    const char *head = NULL;
    for (size_t i = 0; !head && i < sizeof heads / sizeof *heads; i++)
        head = strstr(rest, heads[i]);
    memset(&quoted, 0, sizeof quoted);
    if (!head || !tcpdump_line(head + 1, &quoted) || quoted.kind != TEXT_TCP || !quoted.ip.has_src)
        return;
    out->icmp.quoted = true;
    out->icmp.quote = quoted.ip;
    out->icmp.has_quote_seq = quoted.tcp.has_seq;
    out->icmp.quote_seq = quoted.tcp.seq;
    out->understood += 4 + 2 * quoted.tcp.has_seq;
}

static bool read_rest(const char *rest, bool named_ip, bool old_head, struct text_packet *out)
{
    struct text_ip ip = out->ip;
    const int understood = out->understood;
    out->kind = TEXT_TCP;
    if (read_new(rest, out) || read_old(rest, named_ip || old_head, out) || read_quiet(rest, named_ip, out))
        return true;
    memset(&out->tcp, 0, sizeof out->tcp);
    out->ip = ip;
    out->understood = understood;
    if (!tcpdump_icmp(rest, named_ip, out))
        return false;
    if (out->kind == TEXT_ICMP)
        read_quote(rest, out);
    return true;
}

/* One " > " of the line; `arrow` is its blank. */
static bool read_at(const char *line, const char *arrow, struct text_packet *out)
{
    const char *to = arrow + 3;
    const size_t from_size = word_before(line, arrow), to_size = strcspn(to, " \t");
    const char *from = arrow - from_size, *rest = to + to_size;
    struct text_ip *ip = &out->ip;
    char head[1024];
    if (!from_size || to_size < 2 || to[to_size - 1] != ':')
        return false;
    rest += strspn(rest, " \t");
    const size_t head_size = (size_t)(from - line) < sizeof head ? (size_t)(from - line) : sizeof head - 1;
    memcpy(head, from - head_size, head_size);
    head[head_size] = '\0';
    const bool has_time = text_time(head, head_size, &out->clock, &out->time_us);
    ip->v6 =
        has_word(head, "IP6") || has_word(head, "ip6") || strstr(rest, "hlim ") || memchr(from, ':', from_size) != NULL;
    const bool named_ip = ip->v6 || has_word(head, "IP") || has_word(head, "ip:") || strstr(head, "IPv4 (0x0800)");
    const bool is_icmp = starts(rest, "ICMP") || starts(rest, "icmp") || starts(rest, "[icmp");
    const char separator = is_icmp ? 0 : '.';
    if (!text_endpoint(from, from_size, separator, ip->v6, &ip->src, &ip->src_named, &ip->src_port) ||
        !text_endpoint(to, to_size - 1, separator, ip->v6, &ip->dst, &ip->dst_named, &ip->dst_port))
        return false;
    const bool both_v6 = !ip->src_named && !address_is_ipv4(&ip->src);
    if (both_v6 != (!ip->dst_named && !address_is_ipv4(&ip->dst)) && !ip->src_named && !ip->dst_named)
        return false;
    ip->has_src = true;
    ip->has_ports = !is_icmp;
    const char *paren = strstr(head, "(tos ") ? strstr(head, "(tos ") : strstr(head, "(flowlabel ");
    if (!paren)
        paren = strstr(head, "(class ") ? strstr(head, "(class ") : strstr(head, "(hlim ");
    if (!read_rest(rest, named_ip, paren != NULL, out) || (!has_time && !named_ip && out->kind != TEXT_TCP) ||
        (!has_time && !named_ip && !out->tcp.has_window))
        return false;
    if (paren)
        tcpdump_head(paren, ip);
    tcpdump_macs(head, out);
    tcpdump_direction(head, out);
    const char *rule = strstr(head, "(match"); /* pflog: "rule 3/0(match): block in on em0: " */
    if (rule && strstr(head, "rule "))
        out->hook = strstr(rule, " out on ") ? HOOK_OUTPUT : HOOK_INPUT;
    out->understood += has_time + (paren ? 3 : 0);
    return true;
}

/* "13:39:31.6 IP (tos …)", and the addresses stand on the next line. A wrapped one may end anywhere. */
static bool is_head(const char *line, struct text_packet *out)
{
    const char *paren = strstr(line, "(tos 0x");
    if (!paren || !text_time(line, (size_t)(paren - line), &out->clock, &out->time_us))
        return false;
    const char *ip = strstr(line, "IP ");
    if (!ip && !strstr(line, "IPv4") && !strstr(line, "(match"))
        return false;
    out->awaits_body = true;
    out->understood =
        1 + (strstr(paren, "proto") != NULL) + (strstr(paren, "length") != NULL) + (strchr(paren, ')') != NULL);
    return true;
}

bool tcpdump_line(const char *line, struct text_packet *out)
{
    for (const char *p = line; (p = strstr(p, " > ")); p += 3) {
        memset(out, 0, sizeof *out);
        if (read_at(line, p, out))
            return true;
    }
    memset(out, 0, sizeof *out);
    if (tcpdump_arp(line, out))
        return true;
    memset(out, 0, sizeof *out);
    return is_head(line, out);
}
