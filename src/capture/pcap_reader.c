#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "filter.h"
#include "linktype.h"
#include "pcap_reader.h"
#include "private.h"

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define MAGIC_MODIFIED     0xa1b2cd34u /* Kuznetzov's patched libpcap: eight more bytes in each record header */

#define FILE_HEADER_SIZE            24
#define RECORD_HEADER_SIZE          16
#define MODIFIED_RECORD_HEADER_SIZE 24

#define MAJOR_VERSION      2
#define MAJOR_VERSION_DGUX 543 /* DG/UX tcpdump: 543.0, otherwise as old as 2.3 */
#define MINOR_VERSION      4

struct pcap_reader {
    bool swapped;
    bool nanoseconds;
    bool lengths_may_be_swapped; /* files of version 2.3 and before */
    uint32_t record_header_size;
    uint32_t frame_limit;
    const struct bpf_program *program; /* NULL: no filter */
};

static bool known_magic(uint32_t magic)
{
    return magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS || magic == MAGIC_MODIFIED;
}

static bool recognises(const uint8_t magic[4])
{
    return known_magic(load32(magic, false)) || known_magic(load32(magic, true));
}

static enum source_result open_pcap(struct source *source)
{
    struct pcap_reader *pcap = calloc(1, sizeof *pcap);

    source->state = pcap;
    if (pcap == NULL)
        return source_fail(source, "out of memory");

    if (!stream_has(source->stream, FILE_HEADER_SIZE))
        return source_lacks_header(source, "truncated in its file header");
    const uint8_t *header = source->stream->pos;
    pcap->swapped = !known_magic(load32(header, false));
    uint32_t magic = load32(header, pcap->swapped);
    unsigned major = load16(header + 4, pcap->swapped);
    unsigned minor = load16(header + 6, pcap->swapped);
    if (major != MAJOR_VERSION && major != MAJOR_VERSION_DGUX)
        return source_fail(source, "pcap version %u.%u is not known; 2.4 is", major, minor);
    pcap->nanoseconds = magic == MAGIC_NANOSECONDS;
    pcap->record_header_size = magic == MAGIC_MODIFIED ? MODIFIED_RECORD_HEADER_SIZE : RECORD_HEADER_SIZE;
    pcap->lengths_may_be_swapped = minor < MINOR_VERSION;
    source->snaplen = load32(header + 16, pcap->swapped);
    pcap->frame_limit = source_frame_limit(source->snaplen);
    /* The upper half says how long a frame check sequence is, not what the frame is. */
    source->linktype = linktype_from_file(load32(header + 20, pcap->swapped) & 0xffff);
    source->stream->pos += FILE_HEADER_SIZE;
    if (source->filter != NULL) {
        char error[FILTER_ERROR_SIZE];
        pcap->program = filter_program(source->filter, source->linktype, error);
        if (pcap->program == NULL)
            return source_fail(source, "%s", error);
    }
    return SOURCE_FRAME;
}

static enum source_result too_long(struct source *source, uint32_t caplen)
{
    return source_broken(source, stream_offset(source->stream), "its record claims %" PRIu32 " bytes", caplen);
}

/* One pass of the loop is one record; it leaves the loop unless the filter rejects the frame. */
static enum source_result next(struct source *source, struct frame *out)
{
    struct stream *stream = source->stream;
    const struct pcap_reader *pcap = source->state;
    const bool swapped = pcap->swapped;
    const uint32_t header_size = pcap->record_header_size;

    for (;;) {
        if (source_is_stopped(source))
            return SOURCE_END;
        if (!stream_has(stream, header_size))
            return source_ran_out(source);
        uint32_t caplen = load32(stream->pos + 8, swapped);
        uint32_t len = load32(stream->pos + 12, swapped);
        if (caplen > len) {
            uint32_t first = caplen;
            caplen = pcap->lengths_may_be_swapped ? len : caplen;
            len = first;
        }
        if (caplen > pcap->frame_limit)
            return too_long(source, caplen);
        if (!stream_has(stream, (size_t)header_size + caplen))
            return source_ran_out(source);
        const uint8_t *record = stream->pos;
        uint32_t fraction = load32(record + 4, swapped);
        stream->pos += header_size + caplen;
        source->number++;
        source->bytes_read += caplen;
        *out = (struct frame){.data = record + header_size,
                              .caplen = caplen,
                              .len = len,
                              .ts_us = (int64_t)load32(record, swapped) * 1000000 +
                                       (pcap->nanoseconds ? fraction / 1000 : fraction),
                              .number = source->number,
                              .linktype = source->linktype};
        if (pcap->program != NULL && !filter_matches(pcap->program, out))
            continue;
        source->frames++;
        return SOURCE_FRAME;
    }
}

static size_t next_few(struct source *source, struct frame *out, size_t max)
{
    const struct pcap_reader *pcap = source->state;
    const bool swapped = pcap->swapped;
    const uint32_t header_size = pcap->record_header_size;
    const uint8_t *record = source->stream->pos, *const end = source->stream->end;
    size_t count = 0;

    while (count < max && (size_t)(end - record) >= header_size) {
        uint32_t caplen = load32(record + 8, swapped), len = load32(record + 12, swapped);
        if (caplen > len || caplen > pcap->frame_limit || (size_t)(end - record) - header_size < caplen)
            break;
        uint32_t fraction = load32(record + 4, swapped);
        out[count] = (struct frame){.data = record + header_size,
                                    .caplen = caplen,
                                    .len = len,
                                    .ts_us = (int64_t)load32(record, swapped) * 1000000 +
                                             (pcap->nanoseconds ? fraction / 1000 : fraction),
                                    .number = source->number + 1 + count,
                                    .linktype = source->linktype};
        /* Where each record begins is known from the one before only; but neighbours are often alike. */
        size_t step = (size_t)header_size + caplen;
        __builtin_prefetch((const void *)((uintptr_t)record + 3 * step)); /* no pointer: it may lie beyond the window */
        __builtin_prefetch((const void *)((uintptr_t)record + 4 * step));
        record += step;
        source->bytes_read += caplen;
        count++;
    }
    source->stream->pos = record;
    source->number += count;
    source->frames += count;
    return count;
}

/* Does a record as programs write them begin here? `seconds` is the time of the one before, or 0. */
static bool seems_record(const struct pcap_reader *pcap, const uint8_t *record, uint32_t *seconds, uint32_t *size)
{
    enum { HOUR = 3600, DAY = 86400 };
    const uint32_t time = load32(record, pcap->swapped), fraction = load32(record + 4, pcap->swapped);
    const uint32_t caplen = load32(record + 8, pcap->swapped), len = load32(record + 12, pcap->swapped);
    if (caplen == 0 || caplen > len || len > SOURCE_GREATEST_FRAME_LIMIT || caplen > pcap->frame_limit || time == 0 ||
        fraction >= (pcap->nanoseconds ? 1000000000u : 1000000u))
        return false;
    if (*seconds != 0 && time - *seconds + HOUR > HOUR + DAY)
        return false;
    *seconds = time;
    *size = pcap->record_header_size + caplen;
    return true;
}

static const uint8_t *guess(const struct source *source, uint64_t offset, const uint8_t *start, const uint8_t *end)
{
    enum { CHAIN = 4 };
    (void)offset; /* records begin anywhere */
    const struct pcap_reader *pcap = source->state;
    for (const uint8_t *place = start; place < end; place++) {
        const uint8_t *record = place;
        uint32_t seconds = 0, size;
        int found = 0;
        while (found < CHAIN && (size_t)(end - record) >= pcap->record_header_size &&
               seems_record(pcap, record, &seconds, &size) && (size_t)(end - record) >= size) {
            record += size;
            found++;
        }
        if (found == CHAIN)
            return place;
    }
    return NULL;
}

static uint32_t record_header_size(const struct source *source)
{
    const struct pcap_reader *pcap = source->state;
    return pcap->record_header_size;
}

static void close_pcap(struct source *source)
{
    free(source->state);
}

static const struct file_format format = {
    .recognises = recognises,
    .open = open_pcap,
    .record_header_size = record_header_size,
    .guess = guess,
};

const struct source_kind pcap_kind = {
    .next = next,
    .next_few = next_few,
    .close = close_pcap,
    .file = &format,
};
