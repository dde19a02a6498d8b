#include "steady_segment.h"

#include "raw_headers.h"
#include "track/mark.h"

static bool has_other_options(const uint8_t *tcp, uint32_t header)
{
    enum { TIMESTAMPS = 12, NOP_NOP_TIMESTAMPS_10 = 0x0101080a };
    return header != TCP_HEADER &&
           (header != TCP_HEADER + TIMESTAMPS || load32(tcp + TCP_HEADER) != NOP_NOP_TIMESTAMPS_10);
}

bool steady_segment_read(const struct quick *g, const struct frame *frame, struct steady_segment *out)
{
    const uint8_t *ip = frame->data + ETHERNET_HEADER, *tcp = ip_payload(ip);
    const uint32_t header = tcp_header_len(tcp);
    *out = (struct steady_segment){
        .interface = frame->interface,
        .seq = tcp_seq(tcp),
        .ack = tcp_ack(tcp),
        .payload_len = ip_payload_len(ip) - header,
        .flow_label = ip_flow_label(ip),
        .window = tcp_window(tcp),
        .ip_id = ip_id(ip),
        .bits = (uint16_t)(MARK_MAC | (header > TCP_HEADER ? MARK_OPTIONS | MARK_TIMESTAMPS : 0) |
                           (ip_df(ip) ? MARK_DF : 0)),
        .src_port = g->src_port,
        .dst_port = g->dst_port,
        .ttl = g->ttl,
        .tos = g->tos,
        .flags = tcp_flags(tcp),
    };
    return frame->caplen >= frame->len && !has_other_options(tcp, header) && out->flags & TCP_ACK;
}
