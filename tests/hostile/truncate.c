/* A file that ends too early: at every header boundary of every frame, and one byte to either side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"
#include "tally.h"

enum { BOUNDARIES = 60 };

struct boundaries {
    size_t at[BOUNDARIES]; /* offsets in the file */
    size_t count;
};

static void add(struct boundaries *b, size_t at, size_t from, size_t to)
{
    if (at >= from && at < to && b->count < sizeof b->at / sizeof *b->at)
        b->at[b->count++] = at;
}

static void add_around(struct boundaries *b, size_t at, size_t from, size_t to)
{
    add(b, at - 1, from, to);
    add(b, at, from, to);
    add(b, at + 1, from, to);
}

/* Where the headers of a frame end: of its record, then, as far as they can be found, link, IP, TCP or ICMP. */
static void find_boundaries(const struct placed_frame *placed, struct decoder *decoder, struct boundaries *b)
{
    struct packet packet;
    size_t from = placed->record_at, data = placed->data_at, to = data + placed->frame.caplen;
    const uint8_t *frame = placed->frame.data;
    b->count = 0;
    for (size_t at = from; at < data; at += 4)
        add(b, at, from, to);
    add(b, from + 1, from, to);
    add_around(b, data, from, to);
    decode_frame(decoder, &placed->frame, &packet);
    bool tcp =
        packet.kind == PACKET_TCP && packet.tcp.header >= frame && packet.tcp.header < frame + placed->frame.caplen;
    size_t ip = packet.ip_version == 6 ? 40 : 20, transport = tcp ? (size_t)(packet.tcp.header - frame) : 14 + ip;
    if (transport >= ip)
        add_around(b, data + transport - ip, from, to);
    add_around(b, data + transport, from, to);
    add(b, data + transport + 8, from, to);
    add(b, data + transport + 14, from, to);
    add_around(
        b, data + transport + (tcp && packet.tcp.header_captured > 12 ? (size_t)(packet.tcp.header[12] >> 4) * 4 : 20),
        from, to);
    add(b, to - 1, from, to);
}

/* Reading one prefix through everything. */
static void whole_way(const struct capture *c, struct file_at_hand *file, size_t size, size_t frames)
{
    static struct pipeline p;
    char what[400];
    snprintf(what, sizeof what, "%s cut to %zu bytes (frame %zu)", c->name, size, frames + 1);
    file_cut(file, size);
    pipeline_open(&p, "json");
    struct reading reading = pipeline_file(&p, file->path, what);
    pipeline_close(&p, reading.broken, what);
    bool clean_end = frames > 0 && size == c->frames[frames].record_at;
    if (reading.frames != frames)
        failed(what, "not the frames that are whole in it");
    if (reading.opened && reading.broken == clean_end && frames > 0)
        failed(what, clean_end ? "called broken, but it ends between frames" : "not called broken");
    tally_take(DAMAGE_PREFIX, c, &p, what);
    __atomic_fetch_add(&tally->checks, 1, __ATOMIC_RELAXED);
}

/* The reader looks at a record's header and at lengths, never at a frame's bytes: a frame as long as one that was cut
 * before teaches nothing new. */
static bool was_cut(const struct capture *c, size_t frame)
{
    for (size_t k = frame + 1; k < c->count; k++)
        if (c->frames[k].frame.caplen == c->frames[frame].frame.caplen &&
            c->frames[k].data_at - c->frames[k].record_at == c->frames[frame].data_at - c->frames[frame].record_at)
            return true;
    return false;
}

/* A reader holds nothing of earlier frames, so the bytes of one frame behind the file's header stand for all; what was
 * read before this frame has gone the whole way already. */
static void reader_only(const struct capture *c, struct file_at_hand *small, size_t frame, const struct boundaries *b)
{
    size_t header = c->frames[0].record_at, record = c->frames[frame].record_at;
    size_t length = c->frames[frame].data_at + c->frames[frame].frame.caplen - record;
    uint8_t *bytes = malloc(header + length);
    char what[400];
    if (bytes == NULL)
        abort();
    memcpy(bytes, c->bytes, header);
    memcpy(bytes + header, c->bytes + record, length);
    file_fill(small, bytes, header + length);
    for (size_t i = b->count; i > 0; i--) {
        snprintf(what, sizeof what, "%s, frame %zu alone, cut at byte %zu", c->name, frame + 1, b->at[i - 1] - record);
        file_cut(small, header + b->at[i - 1] - record);
        struct reading reading = pipeline_file(NULL, small->path, what);
        if (reading.frames != 0)
            failed(what, "a frame from a part of one");
        __atomic_fetch_add(&tally->checks, 1, __ATOMIC_RELAXED);
    }
    free(bytes);
}

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

void damage_truncate(const struct capture *c, struct file_at_hand *file, bool thorough)
{
    struct decoder *decoder = decoder_new();
    struct file_at_hand small;
    struct boundaries b;
    if (decoder == NULL || c->count == 0)
        return;
    file_make(&small);
    file_fill(file, c->bytes, c->size);
    for (size_t k = c->count; k > 0; k--) {
        const struct placed_frame *placed = &c->frames[k - 1];
        if (placed->frame.caplen == 0)
            continue;
        find_boundaries(placed, decoder, &b);
        qsort(b.at, b.count, sizeof *b.at, ascending);
        if (thorough || !was_cut(c, k - 1))
            reader_only(c, &small, k - 1, &b);
        whole_way(c, file, b.at[(k * 7) % b.count], k - 1); /* every boundary gets its turn */
        if (k % 4 == 0)
            whole_way(c, file, placed->record_at, k - 1);
    }
    file_close(&small);
    decoder_free(decoder);
}
