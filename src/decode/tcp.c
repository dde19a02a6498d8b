/* The TCP header (RFC 9293) and the options that tell one sender from another. */
#include "layers.h"

#include <string.h>

#define TCP_HEADER      20
#define TCP_UP_TO_FLAGS 14

enum tcp_option {
    OPTION_END,
    OPTION_NOP,
    OPTION_MSS,
    OPTION_WINDOW_SCALE,
    OPTION_SACK_PERMITTED,
    OPTION_SACK,
    OPTION_TIMESTAMPS = 8,
    OPTION_MULTIPATH = 30
};

/* RFC 8684 section 3.3: which fields are there, and which of them have 8 bytes instead of 4, is in the flags. */
static void multipath_data_read(struct multipath_view *m, const uint8_t *option, uint32_t len)
{
    enum { HAS_ACK = 1, LONG_ACK = 2, HAS_MAPPING = 4, LONG_NUMBER = 8, REST = 6 };
    uint32_t at = 4, flags = len > 3 ? option[3] : 0;
    m->subtype = MULTIPATH_DATA;
    if (flags & HAS_ACK)
        at += flags & LONG_ACK ? 8 : 4;
    at += flags & LONG_NUMBER ? 8 : 4; /* to behind the number, of which the low 32 bits come last */
    if (!(flags & HAS_MAPPING) || at + REST > len)
        return;
    m->has_mapping = true;
    m->data_seq = load32(option + at - 4);
    m->subflow_seq = load32(option + at);
    m->mapping_len = load16(option + at + 4);
}

static void multipath_read(struct multipath_view *m, const uint8_t *option, uint32_t len)
{
    enum { CAPABLE = 0, JOIN = 1, DATA = 2, WITH_KEY = 12, JOIN_SYN = 12 };
    if (len < 4)
        return;
    switch (option[2] >> 4) {
    case CAPABLE:
        m->subtype = MULTIPATH_CAPABLE;
        m->version = option[2] & 15;
        m->has_key = len >= WITH_KEY;
        if (m->has_key)
            memcpy(m->key, option + 4, sizeof m->key);
        break;
    case JOIN:
        m->subtype = MULTIPATH_JOIN;
        m->token = len == JOIN_SYN ? load32(option + 4) : 0;
        break;
    case DATA:
        multipath_data_read(m, option, len);
        break;
    default:
        break;
    }
}

static void option_read(struct tcp_view *t, const uint8_t *option, uint32_t len)
{
    switch (option[0]) {
    case OPTION_MSS:
        if (len == 4)
            t->mss = load16(option + 2);
        break;
    case OPTION_WINDOW_SCALE:
        t->has_window_scale = t->has_window_scale || len == 3;
        break;
    case OPTION_SACK_PERMITTED:
        t->has_sack_permitted = t->has_sack_permitted || len == 2;
        break;
    case OPTION_TIMESTAMPS:
        if (len == 10) {
            t->has_timestamps = true;
            t->ts_value = load32(option + 2);
            t->ts_echo = load32(option + 6);
        }
        break;
    case OPTION_SACK: /* RFC 2018 section 3: blocks of two numbers */
        if (len >= 10 && (len - 2) % 8 == 0) {
            t->has_sack = true;
            t->sack_left = load32(option + 2);
        }
        break;
    case OPTION_MULTIPATH:
        multipath_read(&t->multipath, option, len);
        break;
    default:
        break;
    }
}

/* An option that lies about its length ends the list, as it does for the receiver. */
static void options_read(struct tcp_view *t, const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != OPTION_END) {
        if (*at == OPTION_NOP) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] < 2 || at[1] > end - at)
            return;
        option_read(t, at, at[1]);
        at += at[1];
    }
}

/* Nearly every segment of an established connection has these options and no others. */
static bool only_timestamps(const uint8_t *h, uint32_t header_len)
{
    return header_len == TCP_HEADER + 12 && load32(h + TCP_HEADER) == 0x0101080a;
}

enum decode_result tcp_decode(struct decoding *d, struct span s)
{
    const uint8_t *h = s.data;

    /* A snaplen of 68, once the usual one, shows this much of a segment over IPv6 and Ethernet. */
    if (unlikely(s.captured < TCP_UP_TO_FLAGS))
        return DECODE_TRUNCATED;
    uint32_t header_len = (uint32_t)(h[12] >> 4) * 4;
    if (unlikely(header_len < TCP_HEADER || header_len > s.wire)) /* no receiver would take it for TCP */
        return DECODE_TRUNCATED;
    uint32_t present = header_len < s.captured ? header_len : s.captured;

    d->out->kind = PACKET_TCP;
    struct tcp_view *t = &d->out->tcp;
    t->src_port = load16(h);
    t->dst_port = load16(h + 2);
    t->seq = load32(h + 4);
    t->ack = load32(h + 8);
    t->window = likely(s.captured >= 16) ? load16(h + 14) : 0;
    t->mss = 0;
    t->flags = h[13];
    t->has_options = header_len > TCP_HEADER;
    t->has_timestamps = false;
    t->has_sack_permitted = false;
    t->has_window_scale = false;
    t->has_sack = false;
    t->sack_left = 0;
    t->ts_value = 0;
    t->ts_echo = 0;
    t->multipath.subtype = MULTIPATH_NONE;
    t->multipath.has_mapping = t->multipath.has_key = false;
    t->payload_len = s.wire - header_len;
    t->payload_captured = s.captured - present;
    t->payload = h + present;
    t->header = h;
    t->header_captured = s.captured;

    if (only_timestamps(h, present)) {
        t->has_timestamps = true;
        t->ts_value = load32(h + TCP_HEADER + 4);
        t->ts_echo = load32(h + TCP_HEADER + 8);
    } else if (present > TCP_HEADER) {
        options_read(t, h + TCP_HEADER, h + present);
    }
    return likely(present == header_len) ? DECODE_OK : DECODE_TRUNCATED;
}
