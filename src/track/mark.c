#include "mark.h"

static uint16_t segment_bits(const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    uint16_t bits = 0;
    if (packet->df)
        bits |= MARK_DF;
    if (tcp->has_options)
        bits |= MARK_OPTIONS;
    if (tcp->has_timestamps)
        bits |= MARK_TIMESTAMPS;
    if (packet_src_mac(packet))
        bits |= MARK_MAC;
    if (packet->direction == DIRECTION_OUT)
        bits |= MARK_OUT;
    if (packet->direction == DIRECTION_IN)
        bits |= MARK_IN;
    if (packet->hook != HOOK_NONE)
        bits |= MARK_LOGGED;
    if (packet->fragment)
        bits |= MARK_FRAGMENT;
    if (tcp->payload_len == 0 && tcp->flags & (TCP_SYN | TCP_RST))
        switch (packet_tcp_checksum(packet)) {
        case CHECKSUM_WHOLE:
            bits |= MARK_SUM_WHOLE;
            break;
        case CHECKSUM_PARTIAL:
            bits |= MARK_SUM_PARTIAL;
            break;
        case CHECKSUM_BAD:
            bits |= MARK_SUM_BAD;
            break;
        case CHECKSUM_UNKNOWN:
            break;
        }
    return bits;
}

void mark_segment(struct mark *mark, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    *mark = (struct mark){
        .ts_us = packet->ts_us,
        .number = packet->number,
        .seq = tcp->seq,
        .ack = tcp->ack,
        .flow_label = packet->ip_version == 6 ? packet->flow_label : 0,
        .interface = packet->interface,
        .ip_id = packet->ip_version == 4 ? packet->ip_id : 0,
        .window = tcp->window,
        .bits = segment_bits(packet),
        .payload_len = tcp->payload_len > UINT16_MAX ? UINT16_MAX : (uint16_t)tcp->payload_len,
        .mss = tcp->mss,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .flags = tcp->flags,
    };
    if (packet_src_mac(packet))
        memcpy(mark->mac, packet_src_mac(packet), sizeof mark->mac);
}

void mark_icmp(struct icmp_mark *mark, const struct packet *packet)
{
    const struct icmp_view *icmp = &packet->icmp;
    *mark = (struct icmp_mark){
        .ts_us = packet->ts_us,
        .number = packet->number,
        .sender = packet->src,
        .mtu = icmp->mtu,
        .quoted_seq = icmp->quote.seq,
        .count = 1,
        .version = packet->ip_version,
        .type = icmp->type,
        .code = icmp->code,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .quoted_ttl = icmp->quote.ttl,
        .quoted_tos = icmp->quote.tos,
        .bits =
            (uint8_t)((packet_src_mac(packet) ? MARK_MAC : 0) | (packet->direction == DIRECTION_OUT ? MARK_OUT : 0)),
    };
    if (packet_src_mac(packet))
        memcpy(mark->mac, packet_src_mac(packet), sizeof mark->mac);
}

bool mark_is_same_frame(const struct mark *mark, const struct packet *packet, int64_t window_us)
{
    const struct tcp_view *tcp = &packet->tcp;
    int64_t apart = packet->ts_us - mark->ts_us;
    if (apart < 0)
        apart = -apart;
    return mark->number && apart <= window_us && mark->seq == tcp->seq && mark->ack == tcp->ack &&
           mark->flags == tcp->flags && (mark->window == tcp->window || !packet_tells(packet, FIELD_WINDOW)) &&
           mark->payload_len == (tcp->payload_len > UINT16_MAX ? UINT16_MAX : tcp->payload_len) &&
           (packet->ip_version != 4 || mark->ip_id == packet->ip_id || !packet_tells(packet, FIELD_IP_ID));
}
