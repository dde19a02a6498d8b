/* What one line leaves to the lines before it: numbers that count from the connection's first packet, ports that a
 * packet list does not repeat, the SYN that an ICMP error is about, who asked for a neighbour. */
#include <stdlib.h>
#include <string.h>

#include <sshsniff/header_fields.h>

#include "text_flow_rows.h"

struct text_flows *text_flows_new(void)
{
    return calloc(1, sizeof(struct text_flows));
}

void text_flows_free(struct text_flows *flows)
{
    free(flows);
}

static bool is_side(const struct flow *f, int side, const struct text_ip *ip)
{
    return f->port[side] == ip->src_port && f->port[!side] == ip->dst_port && address_equal(&f->host[side], &ip->src) &&
           address_equal(&f->host[!side], &ip->dst);
}

static uint32_t hash(const struct text_ip *ip)
{
    uint32_t h = 0;
    for (size_t i = 0; i < sizeof ip->src.bytes; i++)
        h += (uint32_t)(ip->src.bytes[i] + ip->dst.bytes[i]) * (uint32_t)(2654435761u >> (i & 7)); /* either order */
    h += (uint32_t)(ip->src_port + ip->dst_port) * 40503u;
    return (h ^ h >> 15) * 2654435761u >> 8;
}

/* A place for it where it is new: of those that hash alike, the one that was silent longest makes room. */
static struct flow *flow_of(struct text_flows *flows, const struct text_ip *ip, int *side)
{
    struct flow *oldest = NULL;
    const uint32_t home = hash(ip);
    for (uint32_t i = 0; i < PROBES; i++) {
        struct flow *f = &flows->flow[(home + i) % FLOWS];
        for (*side = 0; f->used && *side < 2; ++*side)
            if (is_side(f, *side, ip)) {
                f->last = flows->count;
                return f;
            }
        if (!oldest || (oldest->used && (!f->used || f->last < oldest->last)))
            oldest = f;
    }
    *oldest = (struct flow){
        .used = true, .host = {ip->src, ip->dst}, .port = {ip->src_port, ip->dst_port}, .last = flows->count};
    *side = 0;
    return oldest;
}

static uint32_t make_up(struct text_flows *flows)
{
    flows->made_up += 0x01000193u;
    return flows->made_up | 0x10000001u;
}

static bool is_near(uint32_t a, uint32_t b)
{
    return a - b < NEAR || b - a < NEAR;
}

/* How well both numbers go with what was read so far; a number that nothing is known of counts for neither. */
static int fit(const struct flow *f, int side, const struct text_tcp *t, uint32_t seq, uint32_t ack)
{
    int points = 0;
    if (t->has_seq && f->known[side])
        points += is_near(seq, f->next[side]) ? 1 : -1;
    if (t->has_ack && f->known[!side])
        points += is_near(ack, f->next[!side]) ? 1 : -1;
    return points;
}

static uint32_t unfit(const struct flow *f, int side, struct text_tcp *t)
{
    uint32_t unknown = 0;
    if (t->has_seq && f->known[side] && !is_near(t->seq, f->next[side])) {
        t->seq = f->next[side];
        unknown |= FIELD_SEQ;
    }
    if (t->has_ack && f->known[!side] && !is_near(t->ack, f->next[!side])) {
        t->ack = f->next[!side];
        unknown |= FIELD_ACK;
    }
    return unknown;
}

/* tcpdump without -S: of a connection's packets with ACK, the first one and every SYN are printed as they are; all
 * later ones less that packet's numbers (print-tcp.c). */
static uint32_t tcpdump_numbers(struct text_flows *flows, struct flow *f, int side, struct text_tcp *t)
{
    if (!(t->flags & TCP_ACK) || t->absolute)
        return 0;
    if (!f->based || t->flags & TCP_SYN) {
        f->based = true;
        const bool lacks_seq = !t->has_seq && !f->known[side];
        f->base[side] = t->has_seq ? t->seq : lacks_seq ? make_up(flows) : f->next[side];
        f->base[!side] = t->ack - 1;
        if (lacks_seq) {
            f->next[side] = f->base[side];
            f->known[side] = true;
        }
        return lacks_seq ? FIELD_SEQ : 0;
    }
    const uint32_t seq = t->seq + f->base[side], ack = t->ack + f->base[!side];
    const int relative = fit(f, side, t, seq, ack), absolute = fit(f, side, t, t->seq, t->ack);
    if (absolute > relative)
        f->absolute = true;
    else if (absolute < relative)
        f->absolute = false;
    if (f->absolute)
        return 0;
    t->seq = seq;
    t->ack = ack;
    return unfit(f, side, t);
}

/* A SYN-ACK or a RST that comes from elsewhere than was asked counts from 1 in a connection of its own: it answers the
 * SYN that left the port that it came to. */
static void answer_of_another(const struct text_flows *flows, struct flow *f, int side)
{
    const uint64_t kept = flows->syns < RECENT ? flows->syns : RECENT;
    for (uint64_t back = 1; back <= kept; back++) {
        const struct sent_syn *syn = &flows->syn[(flows->syns - back) % RECENT];
        if (!address_equal(&syn->src, &f->host[!side]) || syn->src_port != f->port[!side])
            continue;
        f->isn[!side] = syn->seq;
        f->has_isn[!side] = true;
        return;
    }
}

/* A SYN with the time stamp and the port of one that came before, and one of its addresses: a router sent that one on,
 * translated. */
static void passed_on(const struct text_flows *flows, struct flow *f, int side, const struct text_tcp *t)
{
    enum { LAST = 8, WITH_TIMES = 12 };
    const uint64_t kept = flows->syns < LAST ? flows->syns : LAST;
    for (uint64_t back = 1; back <= kept && t->options_size >= WITH_TIMES; back++) {
        const struct sent_syn *syn = &flows->syn[(flows->syns - back) % RECENT];
        const bool one_end = syn->src_port == f->port[side] &&
                             (address_equal(&syn->src, &f->host[side]) || address_equal(&syn->dst, &f->host[!side]));
        if (!one_end || syn->options_size != t->options_size || memcmp(syn->options, t->options, t->options_size) != 0)
            continue;
        f->isn[side] = syn->seq;
        f->has_isn[side] = true;
        return;
    }
}

/* tshark: each side's numbers count from its SYN, or from one before its first packet. */
static uint32_t tshark_numbers(struct text_flows *flows, struct flow *f, int side, struct text_tcp *t)
{
    uint32_t unknown = 0;
    const bool syn = t->flags & TCP_SYN;
    if (syn && t->seq != 0)
        f->absolute = true;
    if (f->absolute)
        return 0;
    if (t->flags & (TCP_SYN | TCP_RST) && t->flags & TCP_ACK && !f->has_isn[!side])
        answer_of_another(flows, f, side);
    else if (syn && !f->has_isn[side])
        passed_on(flows, f, side, t);
    for (int i = 0; i < 2; i++)
        if (!f->has_isn[i]) {
            f->isn[i] = make_up(flows);
            f->has_isn[i] = true;
        }
    if (t->flags & TCP_RST && !f->known[side])
        unknown = FIELD_SEQ; /* 1, whatever it is */
    t->seq += f->isn[side];
    t->ack = t->has_ack && t->flags & TCP_ACK ? t->ack + f->isn[!side] : 0;
    return unknown | unfit(f, side, t);
}

static uint32_t no_numbers(struct text_flows *flows, struct flow *f, int side, struct text_tcp *t)
{
    if (!f->known[side] || (t->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        if (!f->has_isn[side])
            f->isn[side] = make_up(flows);
        f->has_isn[side] = true;
        t->seq = f->isn[side];
    } else
        t->seq = f->next[side];
    t->ack = t->flags & TCP_ACK && f->known[!side] ? f->next[!side] : 0;
    return FIELD_SEQ | FIELD_ACK;
}

/* -q shows no flags: a first packet without data is supposed to be a SYN, and what comes back an answer to it. */
static bool suppose_flags(struct flow *f, int side, struct text_tcp *t, bool first)
{
    if (first)
        f->answered = false;
    if (first && t->length == 0 && !(f->port[0] < 1024 && f->port[1] >= 1024))
        t->flags = TCP_SYN;
    else if (side == 0 && t->length == 0 && !f->answered && f->known[0])
        t->flags = TCP_SYN;
    else if (side == 1 && !f->answered && f->known[0] && t->length == 0)
        t->flags = TCP_SYN | TCP_ACK;
    else
        t->flags = TCP_ACK | (t->length ? TCP_PSH : 0);
    if (side == 1)
        f->answered = true;
    return true;
}

static void remember(struct flow *f, int side, const struct text_tcp *t)
{
    const uint32_t end = t->seq + t->length + ((t->flags & TCP_SYN) != 0) + ((t->flags & TCP_FIN) != 0);
    const bool anew = (t->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    if (anew) {
        f->opened = side == 0;
        f->ended = f->spoke[0] = f->spoke[1] = f->closed[0] = f->closed[1] = false;
    }
    f->spoke[side] |= t->length != 0;
    f->closed[side] |= (t->flags & TCP_FIN) != 0;
    f->ended |= (t->flags & TCP_RST) || (f->closed[0] && f->closed[1]);
    if (!f->known[side] || anew || t->flags & TCP_SYN || end - f->next[side] < NEAR)
        f->next[side] = end;
    f->known[side] = true;
    if (anew)
        f->known[!side] = false;
    else if (t->flags & TCP_ACK && !f->known[!side]) {
        f->next[!side] = t->ack;
        f->known[!side] = true;
    }
}

static void note_syn(struct text_flows *flows, const struct text_packet *packet)
{
    const struct text_ip *ip = &packet->ip;
    struct sent_syn *syn = &flows->syn[flows->syns++ % RECENT];
    *syn = (struct sent_syn){.src = ip->src,
                             .dst = ip->dst,
                             .src_port = ip->src_port,
                             .dst_port = ip->dst_port,
                             .seq = packet->tcp.seq,
                             .options_size = packet->tcp.options_size};
    memcpy(syn->options, packet->tcp.options, sizeof syn->options);
}

static uint32_t segment_place(struct text_flows *flows, struct text_packet *packet, bool *use)
{
    struct text_tcp *t = &packet->tcp;
    int side;
    uint32_t unknown = 0;
    bool several = false;
    if (packet->by_number && !text_row_ports(flows, packet, &several)) {
        *use = false;
        return 0;
    }
    packet->ip.has_ports = true;
    struct flow *f = flow_of(flows, &packet->ip, &side);
    text_row_length(f, side, packet);
    if (!t->has_flags && !suppose_flags(f, side, t, !f->known[0] && !f->known[1])) {
        *use = false;
        return 0;
    }
    if (packet->by_number || !(t->has_seq || t->has_ack))
        unknown = no_numbers(flows, f, side, t) & (packet->by_number ? 0 : ~0u);
    else if (t->counted_from_syn)
        unknown = tshark_numbers(flows, f, side, t);
    else
        unknown = tcpdump_numbers(flows, f, side, t);
    if (!t->has_seq)
        t->seq = f->known[side] && (t->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN ? f->next[side] : t->seq;
    if (t->flags & TCP_ACK && !t->has_ack && f->known[!side])
        t->ack = f->next[!side];
    if (t->flags & TCP_ACK && !t->has_ack)
        unknown |= FIELD_ACK;
    if (!t->has_length || several)
        unknown |= FIELD_LENGTH;
    remember(f, side, t);
    if ((t->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        note_syn(flows, packet);
    return unknown;
}

static bool is_about(const struct sent_syn *syn, const struct text_packet *error)
{
    const struct text_icmp *i = &error->icmp;
    return address_equal(&syn->src, &error->ip.dst) && (!i->has_about || address_equal(&syn->dst, &i->about_host)) &&
           (!i->about_port || syn->dst_port == i->about_port);
}

/* The latest SYN that it can be about, and one that no error was about before rather than another. */
static void error_place(struct text_flows *flows, struct text_packet *packet, bool *use)
{
    struct text_icmp *i = &packet->icmp;
    struct sent_syn *found = NULL;
    if (i->quoted)
        return;
    const uint64_t kept = flows->syns < RECENT ? flows->syns : RECENT;
    for (uint64_t back = 1; back <= kept; back++) {
        struct sent_syn *syn = &flows->syn[(flows->syns - back) % RECENT];
        if (is_about(syn, packet) && (!found || (found->rejected && !syn->rejected)))
            found = syn;
    }
    *use = found != NULL;
    if (!found)
        return;
    found->rejected = true;
    i->quote.src = found->src;
    i->quote.dst = found->dst;
    i->quote.src_port = found->src_port;
    i->quote.dst_port = found->dst_port;
    i->has_quote_seq = true;
    i->quote_seq = found->seq;
}

static uint32_t unknown_of_ip(const struct text_ip *ip)
{
    uint32_t unknown = 0;
    if (!ip->has_ttl)
        unknown |= FIELD_TTL;
    if (!ip->has_tos)
        unknown |= FIELD_TOS;
    if (!ip->v6 && !ip->has_id)
        unknown |= FIELD_IP_ID;
    if (!ip->v6 && !ip->has_df)
        unknown |= FIELD_DF;
    if (ip->v6 && !ip->has_label)
        unknown |= FIELD_LABEL;
    return unknown;
}

static uint32_t unknown_of_segment(const struct text_tcp *t)
{
    uint32_t unknown = FIELD_PAYLOAD;
    if (!t->has_window)
        unknown |= FIELD_WINDOW;
    if (!t->has_options || !t->in_order)
        unknown |= FIELD_OPTIONS;
    if (!t->has_flags)
        unknown |= FIELD_FLAGS;
    return unknown;
}

uint32_t text_flows_place(struct text_flows *flows, struct text_packet *packet, bool *use)
{
    uint32_t unknown = unknown_of_ip(&packet->ip);
    /* Whoever traces a scan of his own asks what the ports did, and knows who looked at them. */
    if (packet->made_for_a_scan)
        unknown |= FIELD_TTL | FIELD_WINDOW | FIELD_OPTIONS;
    *use = true;
    flows->count++;
    if (packet->clock == TEXT_NO_TIME)
        unknown |= FIELD_TIME;
    if (!packet->has_src_mac)
        unknown |= FIELD_MAC;
    switch (packet->kind) {
    case TEXT_TCP:
        return unknown | unknown_of_segment(&packet->tcp) | segment_place(flows, packet, use);
    case TEXT_ICMP:
        error_place(flows, packet, use);
        return unknown | (packet->icmp.quoted ? 0 : FIELD_QUOTE);
    case TEXT_ARP:
        if (packet->arp.op == TEXT_ARP_REQUEST) {
            flows->searched = packet->ip.dst;
            flows->searcher = packet->ip.src;
        } else if (address_equal(&flows->searched, &packet->ip.src))
            packet->ip.dst = flows->searcher;
        return unknown & FIELD_TIME;
    case TEXT_NEIGHBOUR:
        return unknown & FIELD_TIME;
    case TEXT_NONE:
    case TEXT_OTHER:
        break;
    }
    *use = false;
    return 0;
}
