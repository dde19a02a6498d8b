/* libFuzzer harness for pcapng block by block: the input says which blocks, and where they lie; the file is made from
 * that, perhaps compressed, and read from a file or a pipe, one frame at a time and several at a time, with the same
 * result.
 *
 * The input: one byte of how, then blocks; see struct step. Some bytes behind each step are what is in its block. */
#define ZLIB_CONST
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <sshsniff/capture.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 30000, FRAMES = 4 };

/* How the file is read: bits of the input's first byte. */
enum { IN_GZIP = 1, IN_ZSTD = 2, IN_PIPE = 4, WITH_FILTER = 8, CUT = 16, TWO_MEMBERS = 32 };

enum block { BLOCK_SECTION = 0, BLOCK_INTERFACE, BLOCK_ENHANCED, BLOCK_SIMPLE, BLOCK_OLD, BLOCK_STATISTICS, BLOCKS };

struct step {
    uint8_t block, lie, interface, option, value, time, length;
};

/* Lies: what else it says than the truth. */
enum { LIE_NONE = 0, LIE_LENGTH, LIE_LAST_LENGTH, LIE_CAPLEN, LIE_INTERFACE, LIE_TYPE, LIE_OPTION_LENGTH, LIES };

struct file {
    uint8_t bytes[MOST];
    size_t size;
    bool big;
};

static void put(struct file *f, const void *bytes, size_t size)
{
    if (size > sizeof f->bytes - f->size)
        size = sizeof f->bytes - f->size;
    if (size)
        memcpy(f->bytes + f->size, bytes, size);
    f->size += size;
}

static void put_number(struct file *f, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[f->big ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
    put(f, bytes, size);
}

static void put_option(struct file *f, const struct step *s, const uint8_t *value, size_t length)
{
    put_number(f, s->option, 2);
    put_number(f, length + (s->lie % LIES == LIE_OPTION_LENGTH ? s->value : 0), 2);
    put(f, value, length);
    put(f, "\0\0\0", (4 - length % 4) % 4);
    if (s->value & 1)
        put_number(f, 0, 4); /* the end of the options */
}

static void put_packet(struct file *f, const struct step *s, const uint8_t *data, size_t size)
{
    const uint32_t named = s->lie % LIES == LIE_INTERFACE ? 0xfffffff0u + s->value : s->interface % 4u;
    const uint32_t caplen = (uint32_t)size + (s->lie % LIES == LIE_CAPLEN ? s->value * 60000u : 0);
    const uint64_t time = s->time & 128 ? ~UINT64_C(0) - s->time : (UINT64_C(1700000000000000) + s->time * 1000u);
    put_number(f, named, s->block % BLOCKS == BLOCK_OLD ? 2 : 4);
    if (s->block % BLOCKS == BLOCK_OLD)
        put_number(f, s->value, 2);
    put_number(f, time >> 32, 4);
    put_number(f, time & 0xffffffff, 4);
    put_number(f, caplen, 4);
    put_number(f, s->option & 1 ? caplen : caplen + s->value, 4);
    put(f, data, size);
    put(f, "\0\0\0", (4 - size % 4) % 4);
}

static void put_body(struct file *f, const struct step *s, const uint8_t *data, size_t size)
{
    switch (s->block % BLOCKS) {
    case BLOCK_SECTION:
        put_number(f, s->value == 77 ? 0x12345678 : 0x1a2b3c4d, 4);
        put_number(f, s->value == 78 ? 2 : 1, 2);
        put_number(f, 0, 2);
        put_number(f, ~UINT64_C(0), s->value == 79 ? 4 : 8);
        break;
    case BLOCK_INTERFACE:
        put_number(f, s->interface, 2);
        put_number(f, 0, 2);
        put_number(f, s->time & 3 ? s->time * 64u : 0, s->value == 80 ? 3 : 4);
        put_option(f, s, data, size);
        break;
    case BLOCK_ENHANCED:
    case BLOCK_OLD:
        put_packet(f, s, data, size);
        break;
    case BLOCK_SIMPLE:
        put_number(f, size + s->value, 4);
        put(f, data, size);
        put(f, "\0\0\0", (4 - size % 4) % 4);
        break;
    default:
        put_number(f, s->interface % 4u, 4);
        put_number(f, 0, s->value == 80 ? 4 : 8);
        put_option(f, s, data, size);
        break;
    }
}

static void put_block(struct file *f, const struct step *s, const uint8_t *data, size_t size)
{
    static const uint32_t types[BLOCKS] = {0x0a0d0d0a, 1, 6, 3, 2, 5};
    static struct file body;
    const uint32_t type = s->lie % LIES == LIE_TYPE ? s->value : types[s->block % BLOCKS];
    if (s->block % BLOCKS == BLOCK_SECTION)
        f->big = s->option & 1;
    body.size = 0;
    body.big = f->big;
    put_body(&body, s, data, size);
    if (s->lie == 255 || body.size % 4 == 0 || s->value == 81)
        ;
    else
        put(&body, "\0\0\0", 4 - body.size % 4);
    const uint32_t length = (uint32_t)body.size + 12;
    put_number(f, type, 4);
    put_number(f, length + (s->lie % LIES == LIE_LENGTH ? s->value * 4u - 40u : 0), 4);
    put(f, body.bytes, body.size);
    put_number(f, length + (s->lie % LIES == LIE_LAST_LENGTH), 4);
}

/* ---- The file ---- */

static size_t in_gzip(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    z_stream z = {.next_in = bytes, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)room};
    if (deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        exit(2);
    (void)deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return room - z.avail_out;
}

static size_t compress_part(unsigned how, const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
    if (how & IN_GZIP)
        return in_gzip(bytes, size, out, room);
    const size_t done = ZSTD_compress(out, room, bytes, size, 1);
    return ZSTD_isError(done) ? 0 : done;
}

/* The file's bytes in `out`; their number. */
static size_t wrap(unsigned how, const struct file *f, uint8_t *out, size_t room)
{
    size_t first = how & TWO_MEMBERS ? f->size / 2 : f->size, size;
    if (!(how & (IN_GZIP | IN_ZSTD))) {
        memcpy(out, f->bytes, f->size);
        size = f->size;
    } else {
        size = compress_part(how, f->bytes, first, out, room);
        if (first < f->size)
            size += compress_part(how, f->bytes + first, f->size - first, out + size, room - size);
    }
    return how & CUT ? size - size / 7 : size;
}

/* ---- Reading it ---- */

struct seen {
    uint64_t frames, sum;
    bool wrong;
};

static void see(struct seen *seen, const struct frame *frame)
{
    if (frame->caplen > frame->len)
        abort();
    seen->frames++;
    seen->sum = seen->sum * 31 + (uint64_t)frame->ts_us + frame->len + (uint64_t)frame->linktype + frame->number;
    for (uint32_t i = 0; i < frame->caplen; i++)
        seen->sum = seen->sum * 31 + frame->data[i];
}

static struct source *open_bytes(unsigned how, const uint8_t *bytes, size_t size, int *fd)
{
    char path[32], error[SOURCE_ERROR_SIZE] = "";
    int ends[2] = {-1, -1};
    if (how & IN_PIPE) {
        if (pipe(ends) != 0 || write(ends[1], bytes, size) != (ssize_t)size)
            exit(2);
        close(ends[1]);
    } else if ((ends[0] = memfd_create("fuzz", 0)) < 0 || write(ends[0], bytes, size) != (ssize_t)size)
        exit(2);
    *fd = ends[0];
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    struct source *source = source_open_file(path, how & WITH_FILTER ? "tcp port 22" : NULL, error);
    if (source == NULL && (error[0] == '\0' || strchr(error, '\n') != NULL))
        abort();
    return source;
}

static struct seen read_bytes(unsigned how, const uint8_t *bytes, size_t size, size_t at_a_time)
{
    struct seen seen = {0};
    struct frame frame[FRAMES];
    size_t count = 0;
    int fd = -1;
    enum source_result result = SOURCE_END;
    struct source *source = open_bytes(how, bytes, size, &fd);
    while (source != NULL && (result = source_next_few(source, frame, at_a_time, &count)) == SOURCE_FRAME)
        for (size_t i = 0; i < count; i++)
            see(&seen, &frame[i]);
    seen.wrong = source == NULL || result == SOURCE_ERROR;
    if (source != NULL) {
        struct source_stats stats;
        source_stats(source, &stats);
        if (stats.frames != seen.frames || (source_error(source)[0] != '\0') != seen.wrong)
            abort();
        source_close(source);
    }
    close(fd);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    static uint8_t bytes[2 * MOST];
    struct step step;
    if (size < 1)
        return 0;
    const unsigned how = data[0];
    file.size = 0;
    file.big = false;
    for (size_t at = 1; at + sizeof step <= size;) {
        memcpy(&step, data + at, sizeof step);
        at += sizeof step;
        size_t length = step.length < size - at ? step.length : size - at;
        put_block(&file, &step, data + at, length);
        at += length;
    }
    const size_t written = wrap(how, &file, bytes, sizeof bytes);
    const struct seen one = read_bytes(how, bytes, written, 1);
    const struct seen few = read_bytes(how & ~(unsigned)IN_PIPE, bytes, written, FRAMES);
    if (one.frames != few.frames || one.sum != few.sum || one.wrong != few.wrong)
        abort();
    return 0;
}
