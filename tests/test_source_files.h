/* Writes capture files for tests, byte by byte and in either byte order, including ones that no program would write. */
#ifndef TEST_SOURCE_FILES_H
#define TEST_SOURCE_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_MICROSECONDS 0xa1b2c3d4u
#define PCAP_NANOSECONDS  0xa1b23c4du
#define PCAP_MODIFIED     0xa1b2cd34u

struct bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool big_endian;
};

static inline void put(struct bytes *b, const void *data, size_t size)
{
    if (b->size + size > b->capacity) {
        b->capacity = (b->size + size) * 2;
        b->data = realloc(b->data, b->capacity);
        if (b->data == NULL)
            abort();
    }
    if (size > 0)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

static inline void put_integer(struct bytes *b, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (b->big_endian ? width - 1 - i : i));
        put(b, &byte, 1);
    }
}

static inline void put16(struct bytes *b, unsigned value)
{
    put_integer(b, value, 2);
}

static inline void put32(struct bytes *b, uint32_t value)
{
    put_integer(b, value, 4);
}

static inline void put64(struct bytes *b, uint64_t value)
{
    put_integer(b, value, 8);
}

/* Bytes that differ from place to place and from frame to frame. */
static inline void put_pattern(struct bytes *b, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(seed * 31 + i + (i >> 8));
        put(b, &byte, 1);
    }
}

static inline void put_pcap_header(struct bytes *b, uint32_t magic, uint32_t snaplen, uint32_t network)
{
    put32(b, magic);
    put16(b, 2);
    put16(b, 4);
    put64(b, 0);
    put32(b, snaplen);
    put32(b, network);
}

static inline void put_pcap_record(struct bytes *b, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t len)
{
    put32(b, seconds);
    put32(b, fraction);
    put32(b, caplen);
    put32(b, len);
}

/* A pcapng block: begin_block, the body, end_block, which pads and writes both lengths. */
static inline size_t begin_block(struct bytes *b, uint32_t type)
{
    size_t start = b->size;
    put32(b, type);
    put32(b, 0);
    return start;
}

static inline void end_block(struct bytes *b, size_t start)
{
    while (b->size % 4 != start % 4)
        put(b, "", 1);
    uint32_t length = (uint32_t)(b->size - start) + 4;
    put32(b, length);
    memcpy(b->data + start + 4, b->data + b->size - 4, 4);
}

static inline void put_section(struct bytes *b)
{
    size_t start = begin_block(b, 0x0a0d0d0a);
    put32(b, 0x1a2b3c4d);
    put16(b, 1);
    put16(b, 0);
    put64(b, UINT64_MAX);
    end_block(b, start);
}

static inline void put_option(struct bytes *b, unsigned code, unsigned length, uint64_t value)
{
    put16(b, code);
    put16(b, length);
    put_integer(b, value, length);
    for (unsigned i = length; i % 4 != 0; i++)
        put(b, "", 1);
}

#define NO_OPTION -1

/* tsresol: the option's byte, or NO_OPTION; tsoffset: 0 leaves the option out. */
static inline void put_interface(struct bytes *b, unsigned linktype, uint32_t snaplen, int tsresol, int64_t tsoffset)
{
    size_t start = begin_block(b, 1);
    put16(b, linktype);
    put16(b, 0);
    put32(b, snaplen);
    put_option(b, 2, 4, 0x30687465); /* if_name, of no interest */
    if (tsresol != NO_OPTION)
        put_option(b, 9, 1, (uint64_t)tsresol);
    if (tsoffset != 0)
        put_option(b, 14, 8, (uint64_t)tsoffset);
    put_option(b, 0, 0, 0);
    end_block(b, start);
}

static inline void put_enhanced(struct bytes *b, uint32_t interface, uint64_t ticks, uint32_t caplen, uint32_t len)
{
    size_t start = begin_block(b, 6);
    put32(b, interface);
    put32(b, (uint32_t)(ticks >> 32));
    put32(b, (uint32_t)ticks);
    put32(b, caplen);
    put32(b, len);
    put_pattern(b, caplen, caplen);
    end_block(b, start);
}

static inline void put_obsolete(struct bytes *b, unsigned interface, uint64_t ticks, uint32_t caplen, uint32_t len)
{
    size_t start = begin_block(b, 2);
    put16(b, interface);
    put16(b, 3); /* drops since the last */
    put32(b, (uint32_t)(ticks >> 32));
    put32(b, (uint32_t)ticks);
    put32(b, caplen);
    put32(b, len);
    put_pattern(b, caplen, caplen);
    end_block(b, start);
}

static inline void put_simple(struct bytes *b, uint32_t caplen, uint32_t len)
{
    size_t start = begin_block(b, 3);
    put32(b, len);
    put_pattern(b, caplen, caplen);
    end_block(b, start);
}

static inline void put_statistics(struct bytes *b, uint32_t interface, uint64_t dropped)
{
    size_t start = begin_block(b, 5);
    put32(b, interface);
    put64(b, 0);
    put_option(b, 4, 8, 1000000); /* isb_ifrecv */
    put_option(b, 5, 8, dropped);
    put_option(b, 0, 0, 0);
    end_block(b, start);
}

static inline void put_unknown(struct bytes *b, uint32_t type, size_t size)
{
    size_t start = begin_block(b, type);
    put_pattern(b, size, 1);
    end_block(b, start);
}

/* xorshift: the same sequence everywhere, so that a failure can be run again. */
static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
