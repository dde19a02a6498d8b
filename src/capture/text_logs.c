/* What scanners and firewalls print: nmap and nping, FortiGate's sniffer, netfilter's LOG, MikroTik's log. */
#include <string.h>

#include <sshsniff/header_fields.h>

#include "text_formats.h"
#include "text_words.h"

/* ---- nmap --packet-trace, nping ---- */

static bool read_signs(const char *p, uint8_t *flags, const char **end)
{
    static const struct {
        char sign;
        uint8_t flag;
    } signs[] = {{'S', TCP_SYN}, {'A', TCP_ACK}, {'R', TCP_RST}, {'F', TCP_FIN},
                 {'P', TCP_PSH}, {'U', TCP_URG}, {'E', TCP_ECE}, {'C', TCP_CWR}};
    const char *start = p;
    *flags = 0;
    for (; *p && *p != ' '; p++) {
        size_t i = 0;
        while (i < sizeof signs / sizeof *signs && signs[i].sign != *p)
            i++;
        if (i == sizeof signs / sizeof *signs)
            return false;
        *flags |= signs[i].flag;
    }
    *end = p;
    return p > start;
}

static void read_ip_keys(const char *p, struct text_ip *ip)
{
    uint64_t n;
    if (text_keyed(p, "ttl=", UINT8_MAX, &n)) {
        ip->has_ttl = true;
        ip->ttl = (uint8_t)n;
    }
    if (text_keyed(p, " id=", UINT16_MAX, &n)) {
        ip->has_id = !ip->v6;
        ip->id = (uint16_t)n;
    }
}

static bool nmap_segment(const char *p, struct text_packet *out)
{
    struct text_tcp *t = &out->tcp;
    struct text_ip *ip = &out->ip;
    uint64_t n;
    const char *end, *to;
    p += strspn(p, "[ ");
    const size_t from = strcspn(p, " ");
    if (strncmp(p + from, " > ", 3) != 0)
        return false;
    to = p + from + 3;
    const size_t to_size = strcspn(to, " ");
    ip->v6 = memchr(p, '[', from) != NULL ||
             (memchr(p, ':', from) && strchr(p, ':') != strrchr(p, ':') && !memchr(p, '.', from));
    if (!text_endpoint(p, from, ':', ip->v6, &ip->src, &ip->src_named, &ip->src_port) ||
        !text_endpoint(to, to_size, ':', ip->v6, &ip->dst, &ip->dst_named, &ip->dst_port) || to[to_size] != ' ' ||
        !read_signs(to + to_size + 1, &t->flags, &end))
        return false;
    out->kind = TEXT_TCP;
    ip->has_src = ip->has_ports = t->has_flags = t->absolute = true;
    read_ip_keys(end, ip);
    if (text_keyed(end, "seq=", UINT32_MAX, &n)) {
        t->has_seq = true;
        t->seq = (uint32_t)n;
    }
    if (text_keyed(end, "ack=", UINT32_MAX, &n)) {
        t->has_ack = true;
        t->ack = (uint32_t)n;
    }
    if (text_keyed(end, "win=", UINT16_MAX, &n)) {
        t->has_window = true;
        t->window = (uint16_t)n;
    }
    const char *options = strchr(end, '<'), *closed = options ? strchr(options, '>') : NULL;
    if (closed)
        text_options(options + 1, closed, t);
    else if (text_keyed(end, "iplen=", UINT16_MAX, &n))
        t->has_options = t->in_order = n == (ip->v6 ? 60 : 40);
    out->understood = 6 + 2 * (t->has_seq + t->has_window + (closed != NULL));
    t->has_length = true;
    if (text_keyed(end, "iplen=", UINT16_MAX, &n)) {
        const uint32_t headers = (ip->v6 ? 40u : 20u) + 20u + (t->options_size + 3u) / 4 * 4;
        t->length = t->has_options && n > headers ? (uint32_t)n - headers : 0;
    }
    return t->has_seq || ip->has_ttl;
}

static bool nmap_error(const char *p, struct text_packet *out)
{
    uint64_t type, code;
    const char *to;
    bool named;
    p += strspn(p, "[ ");
    const size_t from = strcspn(p, " ");
    if (strncmp(p + from, " > ", 3) != 0)
        return false;
    to = p + from + 3;
    const size_t to_size = strcspn(to, " ");
    out->ip.v6 = memchr(p, ':', from) != NULL;
    if (!text_host_word(p, from, out->ip.v6, &out->ip.src, &named) ||
        !text_host_word(to, to_size, out->ip.v6, &out->ip.dst, &named) || !text_keyed(to, "type=", UINT8_MAX, &type))
        return false;
    if (!text_keyed(to, "code=", UINT8_MAX, &code))
        code = 0;
    const char *ip = strstr(to, "ttl=");
    if (ip)
        read_ip_keys(ip - 1, &out->ip);
    out->understood = 8;
    out->kind = type == 3 || type == 11 || (out->ip.v6 && type == 1) ? TEXT_ICMP : TEXT_OTHER;
    if (out->kind != TEXT_ICMP)
        return true;
    out->icmp.type = (uint8_t)type;
    out->icmp.code = (uint8_t)code;
    const char *port = strstr(to, "Port "), *host = strstr(to, "host ");
    if (!host)
        host = strstr(to, "Host ");
    if (port)
        (void)text_port(port + 5, strcspn(port + 5, " "), &out->icmp.about_port);
    if (host && host[5] >= '0' && host[5] <= '9')
        out->icmp.has_about =
            text_host_word(host + 5, strcspn(host + 5, " "), out->ip.v6, &out->icmp.about_host, &named);
    return true;
}

bool nmap_line(const char *line, struct text_packet *out)
{
    const char *sent = strstr(line, "SENT ("), *at = sent ? sent : strstr(line, "RCVD ("), *end;
    if (!at || !text_time(at + 6, strcspn(at + 6, ")"), &out->clock, &out->time_us) || out->clock != TEXT_OF_START)
        return false;
    end = strchr(at, ')');
    if (!end)
        return false;
    end += 1 + strspn(end + 1, " ");
    out->direction = sent ? DIRECTION_OUT : DIRECTION_IN;
    out->made_for_a_scan = sent != NULL;
    if (strncmp(end, "TCP ", 4) == 0)
        return nmap_segment(end + 4, out);
    if (strncmp(end, "ICMP ", 5) == 0 || strncmp(end, "ICMPv6 ", 7) == 0)
        return nmap_error(strchr(end, ' ') + 1, out);
    out->kind = TEXT_OTHER;
    return strncmp(end, "ARP ", 4) == 0 || strncmp(end, "UDP ", 4) == 0;
}

/* ---- FortiGate: "10.88 port5 in A.P -> B.P: syn 1 ack 2" ---- */

static bool fortigate_words(const char *p, struct text_tcp *t)
{
    static const struct {
        const char *word;
        uint8_t flag;
    } words[] = {{"syn", TCP_SYN}, {"fin", TCP_FIN}, {"rst", TCP_RST}, {"psh", TCP_PSH}, {"ack", TCP_ACK}};
    bool any = false;
    while (*p) {
        uint64_t n;
        size_t i = 0;
        p += strspn(p, " ");
        while (i < 5 && strncmp(p, words[i].word, 3) != 0)
            i++;
        if (i == 5)
            break;
        p += 3;
        t->flags |= words[i].flag;
        any = true;
        const char *end;
        if (*p != ' ' || !text_number(p + 1, UINT32_MAX, &n, &end))
            continue;
        p = end;
        if (words[i].flag == TCP_ACK) {
            t->has_ack = true;
            t->ack = (uint32_t)n;
        } else {
            t->has_seq = true;
            t->seq = (uint32_t)n;
        }
    }
    return any && (t->has_seq || t->has_ack);
}

bool fortigate_line(const char *line, struct text_packet *out)
{
    struct text_ip *ip = &out->ip;
    const char *arrow = strstr(line, " -> "), *from = arrow;
    while (from > line && !strchr(" \t", from[-1]))
        from--;
    const char *to = arrow + 4;
    const size_t to_size = strcspn(to, " \t");
    ip->v6 = from < arrow && memchr(from, ':', (size_t)(arrow - from)) != NULL;
    if (to_size < 3 || to[to_size - 1] != ':' ||
        !text_endpoint(from, (size_t)(arrow - from), '.', ip->v6, &ip->src, &ip->src_named, &ip->src_port) ||
        !text_endpoint(to, to_size - 1, '.', ip->v6, &ip->dst, &ip->dst_named, &ip->dst_port) ||
        !fortigate_words(to + to_size + strspn(to + to_size, " "), &out->tcp) ||
        !text_time(line, (size_t)(from - line), &out->clock, &out->time_us))
        return false;
    out->kind = TEXT_TCP;
    ip->has_src = ip->has_ports = out->tcp.has_flags = out->tcp.absolute = true;
    out->tcp.has_length = out->tcp.flags & (TCP_SYN | TCP_RST);
    if (strstr(line, " out "))
        out->direction = DIRECTION_UNKNOWN; /* it forwards: both ways come by */
    out->understood = 8;
    out->ended = true;
    return true;
}

/* ---- netfilter's LOG ---- */

static bool value_of(const char *line, const char *key, struct address *out, bool v6)
{
    bool named;
    const char *at = strstr(line, key);
    if (!at)
        return false;
    at += strlen(key);
    return text_host_word(at, strcspn(at, " \t"), v6, out, &named);
}

static void netfilter_flags(const char *line, struct text_tcp *t)
{
    static const struct {
        const char *word;
        uint8_t flag;
    } words[] = {{" SYN ", TCP_SYN}, {" ACK ", TCP_ACK}, {" RST ", TCP_RST}, {" FIN ", TCP_FIN}, {" PSH ", TCP_PSH}};
    const char *res = strstr(line, " RES=");
    for (size_t i = 0; res && i < sizeof words / sizeof *words; i++)
        if (strstr(res, words[i].word))
            t->flags |= words[i].flag;
    t->has_flags = res && t->flags;
}

static void log_moment(const char *line, const char *end, struct text_packet *out)
{
    const char *bracket = memchr(line, '[', (size_t)(end - line));
    if (!text_time(line, (size_t)(end - line), &out->clock, &out->time_us) && bracket)
        (void)text_time(bracket + 1 + strspn(bracket + 1, " "), (size_t)(end - bracket - 1), &out->clock,
                        &out->time_us);
}

bool netfilter_line(const char *line, struct text_packet *out)
{
    struct text_ip *ip = &out->ip;
    uint64_t n, m;
    const char *start = strstr(line, "IN="), *src = strstr(line, "SRC=");
    if (!start || !src || src < start)
        return false;
    const size_t size = strcspn(src + 4, " ");
    ip->v6 = memchr(src + 4, ':', size) != NULL;
    if (!value_of(line, "SRC=", &ip->src, ip->v6) || !value_of(line, "DST=", &ip->dst, ip->v6))
        return false;
    out->understood = 8;
    log_moment(line, start, out);
    out->kind = TEXT_OTHER;
    if (!strstr(line, "PROTO=TCP"))
        return true;
    if (!text_keyed(line, "SPT=", UINT16_MAX, &n) || !text_keyed(line, "DPT=", UINT16_MAX, &m))
        return false;
    out->kind = TEXT_TCP;
    ip->src_port = (uint16_t)n;
    ip->dst_port = (uint16_t)m;
    ip->has_src = ip->has_ports = true;
    read_ip_keys(line, ip);
    if (text_keyed(line, "TTL=", UINT8_MAX, &n) || text_keyed(line, "HOPLIMIT=", UINT8_MAX, &n)) {
        ip->has_ttl = true;
        ip->ttl = (uint8_t)n;
    }
    if (text_keyed_hex(line, "TOS=0x", UINT8_MAX, &n)) {
        if (!text_keyed_hex(line, "PREC=0x", UINT8_MAX, &m))
            m = 0;
        ip->has_tos = true;
        ip->tos = (uint8_t)(n | m);
    }
    if (text_keyed(line, " ID=", UINT16_MAX, &n)) {
        ip->has_id = ip->has_df = !ip->v6;
        ip->id = (uint16_t)n;
        ip->df = strstr(line, " DF ") != NULL;
    }
    if (text_keyed(line, "WINDOW=", UINT16_MAX, &n)) {
        out->tcp.has_window = true;
        out->tcp.window = (uint16_t)n;
    }
    netfilter_flags(line, &out->tcp);
    out->understood += 4 * (out->tcp.has_flags && strstr(line, "URGP=") != NULL);
    out->tcp.has_length = out->tcp.flags & (TCP_SYN | TCP_RST);
    const bool in = strncmp(start, "IN= ", 4) != 0,
               away = strstr(start, "OUT=") && strncmp(strstr(start, "OUT="), "OUT= ", 5) != 0;
    out->hook = in && away ? HOOK_FORWARD : in ? HOOK_INPUT : away ? HOOK_OUTPUT : HOOK_UNKNOWN;
    const char *mac = strstr(line, "MAC=");
    const char *next;
    if (mac && text_mac(mac + 4, out->dst_mac, &next) && *next == ':')
        out->has_dst_mac = out->has_src_mac = text_mac(next + 1, out->src_mac, NULL);
    return out->tcp.has_flags;
}

/* ---- MikroTik: "… proto TCP (SYN), A:P->B:P, len 52" ---- */

bool mikrotik_line(const char *line, struct text_packet *out)
{
    struct text_ip *ip = &out->ip;
    const char *flags = strstr(line, "proto TCP (");
    if (!flags)
        return false;
    flags += strlen("proto TCP (");
    const char *end = strchr(flags, ')'), *arrow = end ? strstr(end, "->") : NULL;
    if (!arrow)
        return false;
    struct text_tcp *t = &out->tcp;
    static const struct {
        const char *word;
        uint8_t flag;
    } words[] = {{"SYN", TCP_SYN}, {"ACK", TCP_ACK}, {"RST", TCP_RST}, {"FIN", TCP_FIN}, {"PSH", TCP_PSH}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = strstr(flags, words[i].word);
        if (at && at < end)
            t->flags |= words[i].flag;
    }
    const char *from = arrow;
    while (from > end && !strchr(" ,", from[-1]))
        from--;
    const char *to = arrow + 2;
    ip->v6 = *from == '[';
    if (!t->flags ||
        !text_endpoint(from, (size_t)(arrow - from), ':', ip->v6, &ip->src, &ip->src_named, &ip->src_port) ||
        !text_endpoint(to, strcspn(to, " ,"), ':', ip->v6, &ip->dst, &ip->dst_named, &ip->dst_port))
        return false;
    out->kind = TEXT_TCP;
    ip->has_src = ip->has_ports = t->has_flags = true;
    t->has_length = t->flags & (TCP_SYN | TCP_RST);
    log_moment(line, flags, out);
    out->hook = strstr(line, "forward:") ? HOOK_FORWARD : strstr(line, "input:") ? HOOK_INPUT : HOOK_UNKNOWN;
    const char *mac = strstr(line, "src-mac ");
    if (mac)
        out->has_src_mac = text_mac(mac + strlen("src-mac "), out->src_mac, NULL);
    out->understood = 8 + (strstr(to, "len ") != NULL);
    return true;
}
