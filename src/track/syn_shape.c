#include "syn_shape.h"

enum { TCP_HEADER = 20 };

static enum syn_option kind_of(uint8_t option)
{
    enum { END, NOP, MSS, SCALE, SACK, TIMESTAMPS = 8 }; /* RFC 9293 section 3.1, RFC 7323, RFC 2018 */
    switch (option) {
    case END:
        return SYN_OPTION_END;
    case NOP:
        return SYN_OPTION_NOP;
    case MSS:
        return SYN_OPTION_MSS;
    case SCALE:
        return SYN_OPTION_SCALE;
    case SACK:
        return SYN_OPTION_SACK;
    case TIMESTAMPS:
        return SYN_OPTION_TIMESTAMPS;
    default:
        return SYN_OPTION_OTHER;
    }
}

/* A length that lies ends the list, as it does for the receiver. */
void syn_shape_read(struct syn_shape *out, const struct packet *syn)
{
    enum { MOST = 64 / SYN_OPTION_BITS };
    const struct tcp_view *tcp = &syn->tcp;
    const uint32_t size = tcp->has_options ? (uint32_t)(tcp->header[12] >> 4) * 4 : TCP_HEADER;
    *out = (struct syn_shape){
        .whole = tcp->header_captured >= size,
        .timestamp = tcp->has_timestamps ? tcp->ts_value : 0,
        .full_timestamp = tcp->has_timestamps && tcp->ts_value == UINT32_MAX,
    };
    const uint32_t end = out->whole ? size : tcp->header_captured;
    unsigned count = 0;
    for (uint32_t at = TCP_HEADER; at < end && count < MOST; count++) {
        enum syn_option kind = kind_of(tcp->header[at]);
        out->options = out->options << SYN_OPTION_BITS | kind;
        if (kind == SYN_OPTION_END)
            return;
        if (kind == SYN_OPTION_NOP) {
            at++;
            continue;
        }
        if (end - at < 2 || tcp->header[at + 1] < 2)
            return;
        at += tcp->header[at + 1];
    }
}
