#include "evidence_key.h"

#include <arpa/inet.h>
#include <string.h>

#include <sshsniff/answer_facts.h>
#include <sshsniff/protocol_numbers.h>

#include "base/checksum.h"

enum { TCP_LONGEST = 60 };

/* Of a segment without payload; the pseudo-header's addresses stand side by side in either family. */
static inline enum checksum_state checksum_of(const uint8_t *ip, bool ipv4, const uint8_t *tcp, size_t size)
{
    const uint64_t addresses = ipv4 ? checksum_add(0, ip + 12, 8) : checksum_add(0, ip + 8, 32);
    const uint64_t pseudo = addresses + htons((uint16_t)size) + htons(PROTOCOL_TCP);
    if (size == TCP_HEADER) /* of known length it is summed without a loop */
        return checksum_state_of(pseudo, tcp, TCP_HEADER, tcp + 16);
    return checksum_state_of(pseudo, tcp, size, tcp + 16);
}

/* All of the IP header but ID, flow label, checksum and addresses. */
static inline uint64_t ip_word(const uint8_t *ip, bool ipv4)
{
    static const uint32_t version_and_class = 0xfff00000;
    if (ipv4)
        return (uint64_t)load32(ip) << 32 | (uint64_t)load16(ip + 6) << 16 | load16(ip + 8);
    return (uint64_t)(load32(ip) & version_and_class) << 32 | load32(ip + 4);
}

/* All of the TCP header but the client's port, the numbers and the checksum. */
static inline uint64_t tcp_word(const uint8_t *tcp, size_t server_port)
{
    return (uint64_t)load32(tcp + 12) << 32 | (uint64_t)load16(tcp + 18) << 16 | load16(tcp + server_port);
}

static inline uint64_t *put_words(uint64_t *out, const uint8_t *bytes, size_t size)
{
    for (; size >= 8; bytes += 8, size -= 8)
        *out++ = (uint64_t)load32(bytes) << 32 | load32(bytes + 4);
    if (size)
        *out++ = load32(bytes);
    return out;
}

/* Takes the values of time stamps out (RFC 7323), but for the highest one, which is a fact of its own (see struct
 * syn_shape); their option stays. Lengths that lie end the walk. */
static void clear_timestamps(uint8_t *options, size_t size)
{
    enum { END = 0, NOP = 1, TIMESTAMPS = 8, TIMESTAMPS_SIZE = 10 };
    for (size_t at = 0; at < size && options[at] != END;) {
        uint8_t *option = options + at;
        if (option[0] == NOP) {
            at++;
            continue;
        }
        if (size - at < 2 || option[1] < 2 || option[1] > size - at)
            return;
        if (option[0] == TIMESTAMPS && option[1] == TIMESTAMPS_SIZE)
            memset(option + 2, load32(option + 2) == UINT32_MAX ? UINT8_MAX : 0, TIMESTAMPS_SIZE - 2);
        at += option[1];
    }
}

/* Linux's own order is MSS, SACK permitted, time stamps: then the values are the second word. */
static inline uint64_t *put_options(uint64_t *out, const uint8_t *options, size_t size)
{
    enum { MSS_4 = 0x0204, SACK_2_TIMESTAMPS_10 = 0x0402080a, LEAST = 16 };
    if (size >= LEAST && load16(options) == MSS_4 && load32(options + 4) == SACK_2_TIMESTAMPS_10) {
        uint64_t *end = put_words(out, options, size);
        out[1] = out[1] >> 32 == UINT32_MAX ? UINT64_MAX : 0;
        return end;
    }
    uint8_t copy[TCP_LONGEST - TCP_HEADER];
    memcpy(copy, options, size);
    clear_timestamps(copy, size);
    return put_words(out, copy, size);
}

static inline struct passing_fields passing_fields_of(const struct raw_headers *f, const uint8_t *ip, bool ipv4,
                                                      const uint8_t *tcp)
{
    enum { LABEL = 0xfffff };
    return (struct passing_fields){
        .seq = tcp_seq(tcp),
        .ack = tcp_ack(tcp),
        .flow_label = ipv4 ? 0 : load32(ip) & LABEL,
        .ip_id = ipv4 ? load16(ip + 4) : 0,
        .mac = f->data + ETHERNET_ADDRESSES / 2,
    };
}

static inline uint64_t pack(const struct answer_facts *facts)
{
    return (uint64_t)(facts->seq_zero | facts->id_zero << 1 | facts->label_zero << 2 | facts->id_of_syn << 3 |
                      facts->acks_isn << 4 | facts->mac_none << 5);
}

/* One segment. `before`: what it answers; it becomes this one's. `server_port`: where in the TCP header that lies. Made
 * for each family and each of the two segments, for it is a quarter of what a refused SYN costs. */
__attribute__((always_inline)) static inline uint64_t *put_segment(uint64_t *out, const struct raw_headers *f,
                                                                   const uint8_t *tail, bool ipv4, size_t server_port,
                                                                   struct passing_fields *before)
{
    const size_t header = ipv4 ? IPV4_HEADER : IPV6_HEADER, here = RAW_IP - header;
    const uint8_t *ip = raw_ip(f), *tcp = ip + header;
    const size_t size = tcp_header_len(tcp);
    uint8_t copy[TCP_LONGEST];
    if (size > here) { /* its options go on elsewhere */
        memcpy(copy, tcp, here);
        memcpy(copy + here, tail, size - here);
        tcp = copy;
    }
    const struct passing_fields passing = passing_fields_of(f, ip, ipv4, tcp);
    const struct answer_facts facts = answer_facts_of(before, &passing);
    *out++ = pack(&facts) | (uint64_t)(f->beyond != 0) << 7 | (uint64_t)checksum_of(ip, ipv4, tcp, size) << 8 |
             (uint64_t)f->interface << 16;
    *out++ = ip_word(ip, ipv4);
    *out++ = tcp_word(tcp, server_port);
    if (size > TCP_HEADER)
        out = put_options(out, tcp + TCP_HEADER, size - TCP_HEADER);
    *before = passing;
    return out;
}

static inline uint64_t circumstances(const struct key_source *s)
{
    const struct capture_facts *c = s->capture;
    return (uint64_t)(c->live | (c->cut_ipv6 != 0) << 1 | c->cooked << 2 | c->file_broken << 3 |
                      (c->duplicates != 0) << 4 | (c->out_of_order != 0) << 5 | s->evicted << 6 | s->routed << 7 |
                      (s->rst != NULL) << 8 | s->made_up << 9) |
           (uint64_t)s->syns << 16 | (uint64_t)delay_class_of(s->until_us - s->last_syn_us) << 24 |
           (uint64_t)(s->rst ? delay_class_of(s->rst->ts_us - s->last_syn_us) : 0) << 32;
}

/* It need not be hard to collide with, for keys are compared in full. */
static inline uint32_t hash(const uint64_t *word, size_t count)
{
    enum { TURN = 7 };
    uint64_t h = 0;
    for (size_t i = 0; i < count; i++)
        h = (h << TURN | h >> (64 - TURN)) ^ word[i];
    h *= UINT64_C(0x9e3779b97f4a7c15); /* Fibonacci hashing: the upper bits are the mixed ones */
    return h >> 32;
}

static inline uint64_t *put_segments(uint64_t *out, const struct key_source *s, bool ipv4)
{
    enum { SOURCE_PORT = 0, DESTINATION_PORT = 2 };
    static const uint8_t no_tail[TCP_LONGEST];
    struct passing_fields passing = {0}; /* the SYN answers nothing */
    out = put_segment(out, s->syn, s->syn_tail, ipv4, DESTINATION_PORT, &passing);
    return s->rst ? put_segment(out, s->rst, no_tail, ipv4, SOURCE_PORT, &passing) : out;
}

void evidence_key_make(const struct key_source *s, struct evidence_key *out)
{
    uint64_t *word = out->word;
    *word++ = circumstances(s);
    word = raw_is_ipv4(s->syn) ? put_segments(word, s, true) : put_segments(word, s, false);
    out->count = (uint32_t)(word - out->word);
    out->hash = hash(out->word, out->count);
}
