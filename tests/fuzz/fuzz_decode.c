/* libFuzzer harness for the decoder: several frames into one decoder, so that fragments meet.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/fuzz_decode.c src/decode/[!s]*.c -o
 * fuzz_decode
 *
 * Each frame: its link type (an index into the table of those that are read), flags, its length in two bytes, and its
 * bytes. */
#include <stdlib.h>
#include <string.h>

#include <sshsniff/packet.h>

#include "track/fast/quick_parse.h"

#define FLAG_CUT   1 /* the wire had more than was captured */
#define FLAG_LATER 2 /* a minute went by */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* By an index, so that every byte names one that is read. */
static int linktype_of(uint8_t index)
{
    static size_t count = 1; /* the table is never empty */
    while (decode_linktype_at(count) >= 0)
        count++;
    return decode_linktype_at(index % count);
}

static void check(const struct packet *p)
{
    volatile uint8_t seen = 0;

    if (p->kind == PACKET_DNS && strnlen(p->dns.name, DNS_NAME_SIZE) == DNS_NAME_SIZE)
        abort();
    if (p->kind != PACKET_TCP)
        return;
    if (p->tcp.payload_captured > p->tcp.payload_len)
        abort();
    for (uint32_t i = 0; i < p->tcp.payload_captured; i++)
        seen = p->tcp.payload[i];
    for (uint32_t i = 0; i < p->tcp.header_captured; i++)
        seen = p->tcp.header[i];
    (void)seen;
    packet_tcp_checksum(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decoder *decoder = decoder_new();
    struct frame frame = {0};
    struct packet packet;

    while (decoder && size >= 4) {
        uint32_t len = (uint32_t)(data[2] << 8 | data[3]);
        len = len < size - 4 ? len : (uint32_t)(size - 4);
        uint8_t *copy = malloc(len ? len : 1); /* ends where the frame ends, so that a read too far is seen */
        if (!copy)
            break;
        memcpy(copy, data + 4, len);
        frame.data = copy;
        frame.caplen = len;
        frame.len = data[1] & FLAG_CUT ? len + 1000 : len;
        frame.linktype = linktype_of(data[0]);
        frame.ts_us += data[1] & FLAG_LATER ? 60000000 : 1;
        frame.number++;
        struct quick quick;
        bool plain = quick_parse(&frame, &quick);
        if (decode_frame(decoder, &frame, &packet) != DECODE_OK && plain)
            abort(); /* a quick parse promises that the whole frame can be read */
        if (plain && quick.opening && (packet.kind != PACKET_TCP || packet.tcp.payload_len > 0))
            abort();
        check(&packet);
        free(copy);
        data += 4 + len;
        size -= 4 + len;
    }
    decoder_free(decoder);
    return 0;
}
