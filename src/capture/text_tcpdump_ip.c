#include <string.h>

#include <sshsniff/header_fields.h>

#include "text_tcpdump_ip.h"
#include "text_words.h"

/* ---- The IP header, as -v prints it ---- */

static void read_flags(const char *head, struct text_ip *ip)
{
    const char *flags = strstr(head, "flags [");
    if (!flags)
        return;
    ip->has_df = true;
    const char *end = strchr(flags, ']');
    const char *df = strstr(flags, "DF");
    ip->df = df && end && df < end;
}

/* "(tos 0x0, ttl 64, id 811, offset 0, flags [DF], proto TCP (6), length 60)"; "(flowlabel 0x1, hlim 64, …)",
 * "(class 0x10, …)". */
void tcpdump_head(const char *head, struct text_ip *ip)
{
    uint64_t n;
    const bool v6 = strstr(head, "hlim ") != NULL;
    if (strstr(head, "(tos ") && text_keyed_hex(head, "(tos ", UINT8_MAX, &n)) {
        ip->has_tos = true;
        ip->tos = (uint8_t)n;
    }
    if (text_keyed(head, "ttl ", UINT8_MAX, &n) || text_keyed(head, "hlim ", UINT8_MAX, &n)) {
        ip->has_ttl = true;
        ip->ttl = (uint8_t)n;
    }
    if (text_keyed(head, ", id ", UINT16_MAX, &n)) {
        ip->has_id = true;
        ip->id = (uint16_t)n;
    }
    read_flags(head, ip);
    if (!v6)
        return;
    ip->has_tos = ip->has_label = true; /* both are printed where they are not 0 */
    if (text_keyed_hex(head, "class 0x", UINT8_MAX, &n))
        ip->tos = (uint8_t)n;
    if (text_keyed_hex(head, "flowlabel 0x", 0xfffff, &n))
        ip->label = (uint32_t)n;
}

/* 3.x to 3.7 print behind: "(DF) [tos 0x10]  (ttl 46, id 18387)", "(len 40, hlim 64)"; what is 0 is not printed. */
void tcpdump_tail(const char *tail, struct text_ip *ip)
{
    uint64_t n;
    ip->has_tos = ip->has_df = true;
    ip->df = strstr(tail, "(DF") != NULL;
    if (text_keyed_hex(tail, "[tos 0x", UINT8_MAX, &n))
        ip->tos = (uint8_t)n;
    if (text_keyed(tail, "ttl ", UINT8_MAX, &n) || text_keyed(tail, "hlim ", UINT8_MAX, &n)) {
        ip->has_ttl = true;
        ip->ttl = (uint8_t)n;
    }
    if (text_keyed(tail, ", id ", UINT16_MAX, &n)) {
        ip->has_id = true;
        ip->id = (uint16_t)n;
    }
}

/* ---- What stands before the addresses ---- */

void tcpdump_macs(const char *head, struct text_packet *out)
{
    for (const char *p = head; *p; p++) {
        const char *end;
        if ((p > head && !strchr(" \t", p[-1])) || !text_mac(p, out->src_mac, &end))
            continue;
        const char *next = end + strspn(end, " \t>(oui)Unknow,");
        if (!text_mac(next, out->dst_mac, NULL))
            continue;
        out->has_src_mac = out->has_dst_mac = true;
        return;
    }
}

/* `-i any`: "eth1  In  IP", and of older ones "  In 00:…" or "Out 00:…". */
void tcpdump_direction(const char *head, struct text_packet *out)
{
    static const struct {
        const char *word;
        enum packet_direction direction;
        enum link_receiver receiver;
    } words[] = {{" In ", DIRECTION_IN, RECEIVER_ONE},
                 {" Out ", DIRECTION_OUT, RECEIVER_UNKNOWN},
                 {"  M ", DIRECTION_IN, RECEIVER_GROUP},
                 {"  B ", DIRECTION_IN, RECEIVER_GROUP},
                 {"  P ", DIRECTION_UNKNOWN, RECEIVER_ONE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = strstr(head, words[i].word), *name = at;
        uint64_t index;
        if (!at)
            continue;
        out->direction = words[i].direction;
        out->receiver = words[i].receiver;
        while (name > head && name[-1] == ' ')
            name--;
        for (; name > head && name[-1] != ' '; name--) /* interfaces differ as their names do */
            out->interface = out->interface * 31 + (uint8_t)name[-1];
        const char *p = at + strlen(words[i].word);
        p += strspn(p, " ");
        if (text_keyed(p, "ifindex ", UINT16_MAX, &index)) {
            out->interface = (uint32_t)index;
            p += 8 + strspn(p + 8, "0123456789");
            p += strspn(p, " ");
        }
        if (!out->has_src_mac)
            out->has_src_mac = text_mac(p, out->src_mac, NULL);
        return;
    }
}
