/* The kinds of probe packets as a table, and matching packets with them. */
#include <netinet/in.h>
#include <string.h>

#include "probe_packets.h"

static const struct probe_style styles[ASK_KINDS] = {
    [ASK_MARKED] = {"SYN to the SSH port, TOS 0x28", "open, refused, rejected or silent; a kernel's RST copies the TOS",
                    IPPROTO_TCP, PROBE_MARK, 3, 700},
    [ASK_OTHER_MARK] = {"SYN to the SSH port, TOS 0x58", "whether the copy follows the SYN", IPPROTO_TCP,
                        PROBE_OTHER_MARK, 3, 700},
    [ASK_PLAIN] = {"SYN to the SSH port, TOS 0", "whether marked SYNs are treated otherwise", IPPROTO_TCP, 0, 3, 700},
    [ASK_CONTROL] = {"SYN to a port that is surely closed, TOS 0x28", "how this host's kernel refuses", IPPROTO_TCP,
                     PROBE_MARK, 3, 700},
    [ASK_PING] = {"ICMP echo, TOS 0x28", "whether the host is up, its own TTL, and whether the TOS survives",
                  IPPROTO_ICMP, PROBE_MARK, 3, 700},
    [ASK_SHORT_HEADER] = {"SYN whose header length is a lie, to the SSH port",
                          "a kernel drops it, netfilter's reject answers", IPPROTO_TCP, PROBE_MARK, 2, 60},
    [ASK_CONTROL_SHORT] = {"the same to a closed port", "whether everything is answered for the host", IPPROTO_TCP,
                           PROBE_MARK, 2, 60},
    [ASK_BAD_SUM] = {"SYN with a wrong checksum, to the SSH port", "only a device that does not check answers",
                     IPPROTO_TCP, PROBE_MARK, 2, 60},
    [ASK_UDP] = {"UDP datagram to a closed port, TOS 0x28", "the host's ICMP error quotes the TOS as it arrived",
                 IPPROTO_UDP, PROBE_MARK, 2, 700},
    [ASK_SWEEP] = {"SYN to the SSH port, TTL 1, 2, 3 …", "where the packets stop, or the answer is forged", IPPROTO_TCP,
                   PROBE_MARK, 3, 600},
    [ASK_CONTROL_SWEEP] = {"SYN to a closed port, TTL 1, 2, 3 …", "the way to the host, for comparison", IPPROTO_TCP,
                           PROBE_MARK, 3, 600},
    [ASK_PING_SWEEP] = {"ICMP echo, TTL 1, 2, 3 …", "the way to the host where no port answers", IPPROTO_ICMP,
                        PROBE_MARK, 3, 600},
    [ASK_STAMP] = {"SYN to the SSH port with an IPv4 timestamp option that overflows at the host",
                   "whether the host's kernel got a SYN that nobody answers", IPPROTO_TCP, PROBE_MARK, 1, 400},
    [ASK_CONTROL_STAMP] = {"the same to a closed port", "whether the option survives the way", IPPROTO_TCP, PROBE_MARK,
                           1, 400},
    [ASK_FRAGMENT] = {"first fragment of a SYN to the SSH port, without the rest",
                      "who gathers it, and so was reached, says so in 30 s (IPv4) or 60 s (IPv6)", IPPROTO_TCP,
                      PROBE_MARK, 1, 1000},
    [ASK_CONTROL_FRAGMENT] = {"the same to a closed port", "whether fragments get there at all", IPPROTO_TCP,
                              PROBE_MARK, 1, 1000},
    [ASK_FAR_FRAGMENT] = {"IPv6 fragment beyond the longest datagram",
                          "whether connections are tracked: only then nobody complains", IPPROTO_FRAGMENT, PROBE_MARK,
                          3, 400},
    [ASK_OTHER_PORT] = {"SYN to another port that SSH is often found on", "where SSH really is", IPPROTO_TCP,
                        PROBE_MARK, 2, 700},
};

const struct probe_style *probe_style(enum probe_kind kind)
{
    return &styles[kind];
}

struct probe_packet *probe_packet_add(struct probe_facts *facts, enum probe_kind kind, uint16_t port, uint8_t ttl,
                                      int64_t when_us)
{
    if (facts->packets == PROBE_PACKETS)
        return NULL;
    struct probe_packet *probe = &facts->packet[facts->packets];
    *probe = (struct probe_packet){
        .kind = kind,
        .port = port,
        .source_port = (uint16_t)(facts->base_port + facts->packets),
        .seq = 0x5b000000u + facts->base_port * 977u + facts->packets * 65537u,
        .tos = styles[kind].tos,
        .ttl = ttl,
        .max_sends = styles[kind].sends,
        .next_us = when_us,
    };
    facts->packets++;
    return probe;
}

static struct probe_packet *by_port(struct probe_facts *facts, uint16_t source_port, uint16_t port)
{
    unsigned index = (unsigned)(uint16_t)(source_port - facts->base_port);
    return index < facts->packets && facts->packet[index].port == port ? &facts->packet[index] : NULL;
}

static struct probe_packet *by_length(struct probe_facts *facts, unsigned payload)
{
    unsigned index = payload - probe_payload_size(0);
    if (index >= facts->packets || styles[facts->packet[index].kind].protocol == IPPROTO_TCP)
        return NULL;
    return &facts->packet[index];
}

static void keep_reply(struct probe_packet *probe, enum reply_kind kind, const struct packet *packet)
{
    struct probe_reply *reply = &probe->reply;
    if (reply->kind != REPLY_NONE)
        return;
    *reply = (struct probe_reply){
        .kind = kind,
        .number = packet->number,
        .ts_us = packet->ts_us,
        .sender = packet->src,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .df = packet->df,
        .ip_id = packet->ip_id,
        .flow_label = packet->flow_label,
    };
    if (packet->kind == PACKET_TCP) {
        reply->tcp_flags = packet->tcp.flags;
        reply->window = packet->tcp.window;
        reply->seq = packet->tcp.seq;
        reply->ack = packet->tcp.ack;
        reply->has_options = packet->tcp.has_options;
    } else if (kind == REPLY_ICMP) {
        reply->icmp_type = packet->icmp.type;
        reply->icmp_code = packet->icmp.code;
        reply->quoted_ttl = packet->icmp.quote.ttl;
        reply->quoted_tos = packet->icmp.quote.tos;
    }
}

static bool match_tcp(struct probe_facts *facts, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    bool outwards = address_equal(&packet->src, &facts->source) && address_equal(&packet->dst, &facts->target);
    struct probe_packet *probe = outwards ? by_port(facts, tcp->src_port, tcp->dst_port) : NULL;
    if (probe != NULL && tcp->flags & TCP_SYN && !probe->on_wire) {
        probe->on_wire = true;
        probe->number = packet->number;
    }
    if (probe != NULL)
        return true;
    if (!address_equal(&packet->src, &facts->target) || !address_equal(&packet->dst, &facts->source))
        return false;
    probe = by_port(facts, tcp->dst_port, tcp->src_port);
    if (probe == NULL)
        return false;
    if (tcp->flags & TCP_RST)
        keep_reply(probe, REPLY_RST, packet);
    else if ((tcp->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && tcp->ack == probe->seq + 1)
        keep_reply(probe, REPLY_SYNACK, packet);
    return false;
}

static void match_error(struct probe_facts *facts, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    if (!packet->icmp.has_quote || !address_equal(&quote->dst, &facts->target) ||
        !address_equal(&quote->src, &facts->source))
        return;
    unsigned headers = packet->ip_version == 4 ? 28 : 48;
    struct probe_packet *probe = NULL;
    if (quote->is_tcp)
        probe = by_port(facts, quote->src_port, quote->dst_port);
    else if (quote->ip_len > headers)
        probe = by_length(facts, quote->ip_len - headers);
    if (probe != NULL)
        keep_reply(probe, REPLY_ICMP, packet);
}

static void keep_mac(struct probe_facts *facts, const uint8_t mac[6])
{
    static const uint8_t none[6];
    if (memcmp(mac, none, sizeof none) == 0)
        return;
    for (unsigned i = 0; i < facts->neighbour_macs; i++)
        if (memcmp(facts->neighbour_mac[i], mac, 6) == 0)
            return;
    if (facts->neighbour_macs < PROBE_MACS)
        memcpy(facts->neighbour_mac[facts->neighbour_macs++], mac, 6);
}

static void match_neighbour(struct probe_facts *facts, const struct packet *packet)
{
    const struct neighbour_view *n = &packet->neighbour;
    if (!address_equal(&n->target, &facts->target))
        return;
    if (n->kind == NEIGHBOUR_REPLY) {
        facts->neighbour_found = true;
        keep_mac(facts, n->target_mac);
    } else
        facts->neighbour_requests++;
}

bool match_packet(struct probe_facts *facts, const struct packet *packet)
{
    switch (packet->kind) {
    case PACKET_TCP:
        return match_tcp(facts, packet);
    case PACKET_ICMP_ERROR:
        match_error(facts, packet);
        break;
    case PACKET_ICMP_ECHO_REPLY:
        if (address_equal(&packet->src, &facts->target) && packet->ip_payload_len > 8) {
            struct probe_packet *probe = by_length(facts, packet->ip_payload_len - 8);
            if (probe != NULL)
                keep_reply(probe, REPLY_ECHO, packet);
        }
        break;
    case PACKET_ARP:
        match_neighbour(facts, packet);
        break;
    case PACKET_OTHER:
    case PACKET_DNS:
    case PACKET_NOT_IP:
        break;
    }
    return false;
}

bool reply_is_expired(const struct probe_reply *reply, bool ipv6)
{
    return reply->kind == REPLY_ICMP && reply->icmp_type == (ipv6 ? 3 : 11) && reply->icmp_code == 0;
}

bool reply_is_targets(const struct probe_facts *facts, const struct probe_reply *reply)
{
    return reply->kind != REPLY_NONE && address_equal(&reply->sender, &facts->target);
}

const struct probe_packet *probe_answered(const struct probe_facts *facts, enum probe_kind kind)
{
    for (unsigned i = 0; i < facts->packets; i++)
        if (facts->packet[i].kind == kind && facts->packet[i].reply.kind != REPLY_NONE)
            return &facts->packet[i];
    return NULL;
}
