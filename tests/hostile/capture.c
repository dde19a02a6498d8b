#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static _Noreturn void die(const char *path, const char *what)
{
    fprintf(stderr, "hostile: %s: %s\n", path, what);
    exit(2);
}

static void append(struct capture *c, const void *bytes, size_t n)
{
    c->bytes = realloc(c->bytes, c->size + n + 1);
    if (c->bytes == NULL)
        die(c->path, "out of memory");
    memcpy(c->bytes + c->size, bytes, n);
    c->size += n;
}

/* gzread reads plain files too. */
static void load_gzip_or_plain(struct capture *c)
{
    uint8_t block[65536];
    gzFile file = gzopen(c->path, "rb");
    int n;
    if (file == NULL)
        die(c->path, "cannot be opened");
    while ((n = gzread(file, block, sizeof block)) > 0)
        append(c, block, (size_t)n);
    if (n < 0 || gzclose(file) != Z_OK)
        die(c->path, "cannot be read");
}

static void unpack_zstd(struct capture *c)
{
    uint8_t block[65536];
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {c->bytes, c->size, 0};
    struct capture packed = *c;
    c->bytes = NULL;
    c->size = 0;
    while (in.pos < in.size) {
        ZSTD_outBuffer out = {block, sizeof block, 0};
        if (ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)))
            die(c->path, "bad zstd");
        append(c, block, out.pos);
    }
    ZSTD_freeDStream(stream);
    free(packed.bytes);
}

static bool is_zstd(const struct capture *c)
{
    return c->size >= 4 && memcmp(c->bytes, "\x28\xb5\x2f\xfd", 4) == 0;
}

/* Frames as the program's own reader gives them; where they lie is found by walking the file in order. */
static void load_frames(struct capture *c)
{
    char error[SOURCE_ERROR_SIZE];
    struct source *source = source_open_file(c->path, NULL, error);
    struct frame frame;
    if (source == NULL)
        die(c->path, error);
    while (source_next(source, &frame) == SOURCE_FRAME) {
        c->frames = realloc(c->frames, (c->count + 1) * sizeof *c->frames);
        uint8_t *data = malloc(frame.caplen ? frame.caplen : 1);
        if (c->frames == NULL || data == NULL)
            die(c->path, "out of memory");
        memcpy(data, frame.data, frame.caplen);
        c->frames[c->count] = (struct placed_frame){.frame = frame};
        c->frames[c->count++].frame.data = data;
    }
    source_close(source);
}

static uint32_t load32(const struct capture *c, size_t at, bool swapped)
{
    uint32_t v;
    if (at + 4 > c->size)
        return 0;
    memcpy(&v, c->bytes + at, 4);
    return swapped ? __builtin_bswap32(v) : v;
}

static void place_pcap(struct capture *c, bool swapped)
{
    size_t at = 24;
    for (size_t i = 0; i < c->count && at < c->size; i++) {
        c->frames[i].record_at = at;
        c->frames[i].data_at = at + 16;
        at += 16 + load32(c, at + 8, swapped);
    }
}

static void place_pcapng(struct capture *c)
{
    enum { SECTION = 0x0a0d0d0a, SIMPLE = 3, ENHANCED = 6 };
    bool swapped = false;
    size_t at = 0, i = 0;
    while (i < c->count && at + 12 <= c->size) {
        if (load32(c, at, false) == SECTION)
            swapped = load32(c, at + 8, false) != 0x1a2b3c4du;
        uint32_t type = load32(c, at, swapped), length = load32(c, at + 4, swapped);
        if (type == ENHANCED || type == SIMPLE) {
            c->frames[i].record_at = at;
            c->frames[i++].data_at = at + (type == ENHANCED ? 28 : 12);
        }
        at += length ? length : c->size;
    }
}

static void place_frames(struct capture *c)
{
    uint32_t magic = load32(c, 0, false);
    if (magic == 0x0a0d0d0au)
        place_pcapng(c);
    else
        place_pcap(c, magic != 0xa1b2c3d4u && magic != 0xa1b23c4du);
    for (size_t i = 0; i < c->count; i++)
        if (c->frames[i].data_at == 0 || c->frames[i].data_at + c->frames[i].frame.caplen > c->size ||
            memcmp(c->bytes + c->frames[i].data_at, c->frames[i].frame.data, c->frames[i].frame.caplen) != 0)
            die(c->path, "its frames do not lie where they should");
}

void capture_load(struct capture *c, const char *folder, const char *name)
{
    memset(c, 0, sizeof *c);
    snprintf(c->path, sizeof c->path, "%s/%s", folder, name);
    snprintf(c->name, sizeof c->name, "%s", name);
    load_gzip_or_plain(c);
    if (is_zstd(c))
        unpack_zstd(c);
    load_frames(c);
    place_frames(c);
}

void capture_free(struct capture *c)
{
    for (size_t i = 0; i < c->count; i++)
        free((void *)(uintptr_t)c->frames[i].frame.data);
    free(c->frames);
    free(c->labels);
    free(c->bytes);
}
