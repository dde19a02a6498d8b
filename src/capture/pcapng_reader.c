#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "filter.h"
#include "pcapng_interface.h"
#include "pcapng_reader.h"
#include "private.h"

#define BLOCK_SECTION     0x0a0d0d0au /* the same in either byte order */
#define BLOCK_INTERFACE   1u
#define BLOCK_PACKET      2u /* obsolete */
#define BLOCK_SIMPLE      3u
#define BLOCK_STATISTICS  5u
#define BLOCK_ENHANCED    6u
#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define MAJOR_VERSION     1
#define OPTION_ISB_IFDROP 5
#define OPTION_ISB_OSDROP 7

#define BLOCK_HEADER_SIZE  8 /* type and total length, which is repeated at the block's end */
#define BLOCK_MINIMUM      12
#define ENHANCED_HEADER    28 /* of an enhanced packet block, before its frame */
#define BLOCK_MAXIMUM      ((uint32_t)16 << 20)
#define INTERFACES_MAXIMUM 65536

struct pcapng_reader {
    bool swapped; /* of the current section, as are the interfaces */
    struct pcapng_interface *interfaces;
    size_t count;
    size_t capacity;
    bool any_interface; /* in any section so far */
};

/* A whole block at the stream's place, lengths checked. */
struct block {
    uint32_t type;
    uint32_t total_length;
    const uint8_t *body;
    uint32_t size; /* of the body */
    uint64_t offset;
};

/* Where a packet block says its frame is. */
struct packet_fields {
    uint32_t interface;
    uint32_t header_size; /* in the body, before the frame */
    uint32_t caplen;
    uint32_t len;
};

static bool recognises(const uint8_t magic[4])
{
    return load32(magic, false) == BLOCK_SECTION;
}

/* A section's header tells the byte order that its own length is written in. */
static bool section_byte_order(struct pcapng_reader *pcapng, const uint8_t *block)
{
    uint32_t magic = load32(block + BLOCK_HEADER_SIZE, false);
    pcapng->swapped = magic != BYTE_ORDER_MAGIC;
    return magic == BYTE_ORDER_MAGIC || __builtin_bswap32(magic) == BYTE_ORDER_MAGIC;
}

/* Looks at the next block without taking it. SOURCE_FRAME: `block` is good. */
static inline enum source_result peek_block(struct source *source, struct block *block)
{
    struct stream *stream = source->stream;
    struct pcapng_reader *pcapng = source->state;

    if (!stream_has(stream, BLOCK_MINIMUM))
        return source_ran_out(source);
    block->offset = stream_offset(stream);
    block->type = load32(stream->pos, pcapng->swapped);
    if (block->type == BLOCK_SECTION && !section_byte_order(pcapng, stream->pos))
        return source_broken(source, block->offset, "its section has no byte-order magic");
    uint32_t length = load32(stream->pos + 4, pcapng->swapped);
    if (length < BLOCK_MINIMUM || length % 4 != 0 || length > BLOCK_MAXIMUM)
        return source_broken(source, block->offset, "its block claims %" PRIu32 " bytes", length);
    if (!stream_has(stream, length))
        return source_ran_out(source);
    if (load32(stream->pos + length - 4, pcapng->swapped) != length)
        return source_broken(source, block->offset, "its block's two lengths differ");
    block->total_length = length;
    block->body = stream->pos + BLOCK_HEADER_SIZE;
    block->size = length - BLOCK_MINIMUM;
    return SOURCE_FRAME;
}

static enum source_result begin_section(struct source *source, const struct block *block)
{
    struct pcapng_reader *pcapng = source->state;

    if (block->size < 16)
        return source_broken(source, block->offset, "its section header is too short");
    unsigned major = load16(block->body + 4, pcapng->swapped);
    unsigned minor = load16(block->body + 6, pcapng->swapped);
    if (major != MAJOR_VERSION)
        return source_broken(source, block->offset, "pcapng version %u.%u is not known; 1.0 is", major, minor);
    pcapng->count = 0;
    source->learned++;
    return SOURCE_FRAME;
}

static bool grow(struct pcapng_reader *pcapng)
{
    size_t capacity = pcapng->capacity == 0 ? 8 : pcapng->capacity * 2;
    if (capacity > INTERFACES_MAXIMUM)
        return false;
    struct pcapng_interface *larger = realloc(pcapng->interfaces, capacity * sizeof *larger);
    if (larger == NULL)
        return false;
    pcapng->interfaces = larger;
    pcapng->capacity = capacity;
    return true;
}

static enum source_result add_interface(struct source *source, const struct block *block)
{
    struct pcapng_reader *pcapng = source->state;

    if (pcapng->count == pcapng->capacity && !grow(pcapng))
        return source_broken(source, block->offset, "too many interfaces");
    struct pcapng_interface *added = &pcapng->interfaces[pcapng->count];
    const char *wrong = pcapng_interface_parse(block->body, block->size, pcapng->swapped, added);
    if (wrong != NULL)
        return source_broken(source, block->offset, "interface %zu: %s", pcapng->count, wrong);
    if (source->filter != NULL) {
        char error[FILTER_ERROR_SIZE];
        added->program = filter_program(source->filter, added->linktype, error);
        if (added->program == NULL)
            return source_fail(source, "%s", error);
    }
    if (!pcapng->any_interface)
        source->linktype = added->linktype;
    pcapng->any_interface = true;
    source->snaplen = source_smaller_snaplen(source->snaplen, added->snaplen);
    pcapng->count++;
    source->learned++;
    return SOURCE_FRAME;
}

/* Counts run from the start of the capture: an interface's later block replaces its earlier one. */
static enum source_result add_statistics(struct source *source, const struct block *block)
{
    struct pcapng_reader *pcapng = source->state;
    struct pcapng_option option;
    uint64_t dropped = 0;

    if (block->size < 12)
        return source_broken(source, block->offset, "its statistics block is too short");
    uint32_t id = load32(block->body, pcapng->swapped);
    if (id >= pcapng->count)
        return SOURCE_FRAME;
    const uint8_t *options = block->body + 12;
    while (pcapng_option_next(&options, block->body + block->size, pcapng->swapped, &option) > 0)
        if ((option.code == OPTION_ISB_IFDROP || option.code == OPTION_ISB_OSDROP) && option.length == 8)
            dropped += load64(option.value, pcapng->swapped);
    source->dropped += dropped - pcapng->interfaces[id].dropped;
    pcapng->interfaces[id].dropped = dropped;
    return SOURCE_FRAME;
}

static enum source_result take_other_block(struct source *source, const struct block *block)
{
    switch (block->type) {
    case BLOCK_SECTION:
        return begin_section(source, block);
    case BLOCK_INTERFACE:
        return add_interface(source, block);
    case BLOCK_STATISTICS:
        return add_statistics(source, block);
    default:
        return SOURCE_FRAME; /* names, secrets, vendors' own: nothing for us */
    }
}

/* Returns NULL, or what is wrong. */
static const char *packet_fields(const struct pcapng_reader *pcapng, const struct block *block,
                                 struct packet_fields *out)
{
    const uint8_t *body = block->body;
    const bool swapped = pcapng->swapped;

    out->header_size = block->type == BLOCK_SIMPLE ? 4 : 20;
    if (block->size < out->header_size)
        return "its packet block is too short";
    if (block->type == BLOCK_ENHANCED)
        out->interface = load32(body, swapped);
    else
        out->interface = block->type == BLOCK_PACKET ? load16(body, swapped) : 0;
    if (out->interface >= pcapng->count)
        return "it names an interface that is not described";
    uint32_t room = block->size - out->header_size;
    if (block->type == BLOCK_SIMPLE) {
        /* The captured length is not stored: it is what neither the snaplen nor the block's end cuts off. */
        uint32_t snaplen = pcapng->interfaces[0].snaplen;
        out->len = load32(body, swapped);
        out->caplen = snaplen != 0 && snaplen < out->len ? snaplen : out->len;
        out->caplen = out->caplen < room ? out->caplen : room;
    } else {
        out->caplen = load32(body + 12, swapped);
        out->len = load32(body + 16, swapped);
    }
    if (out->caplen > room)
        return "its frame is longer than its block";
    if (out->caplen > pcapng->interfaces[out->interface].frame_limit)
        return "its frame is longer than any";
    return NULL;
}

/* Fills `out` from a packet block. SOURCE_FRAME, SOURCE_ERROR, or SOURCE_IDLE if the filter rejects it. */
static inline enum source_result take_packet(struct source *source, const struct block *block, struct frame *out)
{
    const struct pcapng_reader *pcapng = source->state;
    struct packet_fields fields;

    const char *wrong = packet_fields(pcapng, block, &fields);
    if (__builtin_expect(wrong != NULL, 0))
        return source_broken(source, block->offset, "%s", wrong);
    const struct pcapng_interface *interface = &pcapng->interfaces[fields.interface];
    if (block->type != BLOCK_SIMPLE) {
        uint64_t high = load32(block->body + 4, pcapng->swapped);
        uint64_t low = load32(block->body + 8, pcapng->swapped);
        source->last_ts_us = pcapng_interface_time(interface, high << 32 | low);
    }
    source->number++;
    source->bytes_read += fields.caplen;
    *out = (struct frame){.data = block->body + fields.header_size,
                          .caplen = fields.caplen,
                          .len = fields.len < fields.caplen ? fields.caplen : fields.len,
                          .ts_us = source->last_ts_us,
                          .number = source->number,
                          .linktype = interface->linktype,
                          .interface = fields.interface};
    if (interface->program != NULL && !filter_matches(interface->program, out))
        return SOURCE_IDLE;
    source->frames++;
    return SOURCE_FRAME;
}

static inline bool holds_packet(const struct block *block)
{
    return block->type == BLOCK_ENHANCED || block->type == BLOCK_SIMPLE || block->type == BLOCK_PACKET;
}

static bool is_at_hand(const struct source *source)
{
    const struct stream *stream = source->stream;
    if (stream_available(stream) < BLOCK_MINIMUM)
        return false;
    const struct pcapng_reader *pcapng = source->state;
    const struct block block = {.type = load32(stream->pos, pcapng->swapped)};
    return holds_packet(&block) && stream_available(stream) >= load32(stream->pos + 4, pcapng->swapped);
}

/* As far as the first interface. */
static enum source_result open_pcapng(struct source *source)
{
    struct pcapng_reader *pcapng = calloc(1, sizeof *pcapng);
    enum source_result result = SOURCE_FRAME;
    struct block block = {0};

    source->state = pcapng;
    if (pcapng == NULL)
        return source_fail(source, "out of memory");
    while (result == SOURCE_FRAME && !pcapng->any_interface) {
        result = peek_block(source, &block);
        if (result != SOURCE_FRAME || holds_packet(&block))
            break;
        result = take_other_block(source, &block);
        source->stream->pos += block.total_length;
    }
    return result == SOURCE_END ? SOURCE_FRAME : result; /* an empty capture is not an error */
}

static enum source_result next(struct source *source, struct frame *out)
{
    struct block block = {.body = source->stream->pos};

    for (;;) {
        if (source_is_stopped(source))
            return SOURCE_END;
        enum source_result result = peek_block(source, &block);
        if (result != SOURCE_FRAME)
            return result;
        if (source->timed_frames_only && block.type != BLOCK_ENHANCED)
            return SOURCE_END;
        source->stream->pos += block.total_length;
        if (holds_packet(&block)) {
            result = take_packet(source, &block, out);
            if (result != SOURCE_IDLE)
                return result;
        } else if (take_other_block(source, &block) == SOURCE_ERROR) {
            return SOURCE_ERROR;
        }
    }
}

static bool copy(struct source *again, const struct source *source)
{
    struct pcapng_reader *to = again->state;
    const struct pcapng_reader *from = source->state;
    struct pcapng_interface *interfaces = NULL; /* as long as the file has named none */
    if (from->capacity > 0 && (interfaces = calloc(from->capacity, sizeof *interfaces)) == NULL)
        return false;
    if (from->count > 0)
        memcpy(interfaces, from->interfaces, from->count * sizeof *interfaces);
    free(to->interfaces);
    *to = *from;
    to->interfaces = interfaces;
    again->dropped = source->dropped;
    again->learned = source->learned;
    again->last_ts_us = source->last_ts_us;
    return true;
}

/* Does a block as programs write them begin here? */
static bool seems_block(const struct pcapng_reader *pcapng, const uint8_t *block, size_t available, uint32_t *length)
{
    enum { LEAST = 32 };
    if (available < LEAST || load32(block, pcapng->swapped) != BLOCK_ENHANCED)
        return false;
    *length = load32(block + 4, pcapng->swapped);
    return *length >= LEAST && *length % 4 == 0 && *length <= available &&
           load32(block + *length - 4, pcapng->swapped) == *length &&
           load32(block + 8, pcapng->swapped) < pcapng->count;
}

static const uint8_t *guess(const struct source *source, uint64_t offset, const uint8_t *start, const uint8_t *end)
{
    enum { CHAIN = 3, ALIGNMENT = 4 };
    const uint8_t *place = start + (ALIGNMENT - offset % ALIGNMENT) % ALIGNMENT;
    for (; place < end; place += ALIGNMENT) {
        const uint8_t *block = place;
        uint32_t length;
        int found = 0;
        while (found < CHAIN && seems_block(source->state, block, (size_t)(end - block), &length)) {
            block += length;
            found++;
        }
        if (found == CHAIN)
            return place;
    }
    return NULL;
}

static uint32_t record_header_size(const struct source *source)
{
    (void)source;
    return ENHANCED_HEADER;
}

static void close_pcapng(struct source *source)
{
    struct pcapng_reader *pcapng = source->state;
    if (pcapng != NULL)
        free(pcapng->interfaces);
    free(pcapng);
}

static const struct file_format format = {
    .recognises = recognises,
    .open = open_pcapng,
    .record_header_size = record_header_size,
    .guess = guess,
    .copy = copy,
};

const struct source_kind pcapng_kind = {
    .next = next,
    .is_at_hand = is_at_hand,
    .close = close_pcapng,
    .file = &format,
};
