/* A capture file's bytes, decompressed, as a window that readers walk through without copying.
 *
 * Bytes come in large blocks. What a reader has left of one block (the beginning of a frame that straddles the edge)
 * is moved into the headroom in front of the next, so that a frame is always contiguous.
 */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "input.h"

/* The largest that any kind's blocks are. */
#define STREAM_BLOCK_SIZE ((size_t)1 << 20)
#define STREAM_HEADROOM   ((size_t)256 << 10)
#define STREAM_ERROR_SIZE 128

struct stream;

struct stream_kind {
    const char *compression; /* NULL: none */
    /* Fetches the next block, puts a copy of the tail right before it, and points `block` at it. From then on, earlier
     * blocks are gone. Returns the block's size, 0 at the end, -1 with stream->error set. */
    ssize_t (*next)(struct stream *stream, const uint8_t *tail, size_t tail_size, uint8_t **block);
    void (*close)(struct stream *stream);
};

struct stream {
    const uint8_t *pos;  /* the reader's place */
    const uint8_t *end;  /* of the bytes at hand */
    uint64_t end_offset; /* of `end`, from the first byte */
    bool ended;          /* no more blocks follow */
    const struct stream_kind *kind;
    void *state; /* the kind's */
    struct input input;
    uint8_t *spill; /* where a frame larger than the headroom is put together */
    size_t spill_size;
    char error[STREAM_ERROR_SIZE]; /* why it ended early, or "" */
};

/* Recognises the compression of what is open by content, and gets it going; owns the descriptor from then on (-1: errno
 * tells why it could not be opened). NULL with `error` filled on failure. */
struct stream *stream_open(int descriptor, int stop_descriptor, char error[STREAM_ERROR_SIZE]);

/* Fetches until `wanted` bytes are at hand; false if the stream ends before. Moves pos. */
bool stream_refill(struct stream *stream, size_t wanted);

/* Regular files without compression. */
bool stream_can_seek(const struct stream *stream);
/* Goes on at `offset`, from the first byte. False, and the stream has ended, where that fails. */
bool stream_seek(struct stream *stream, uint64_t offset);

void stream_close(struct stream *stream);

static inline size_t stream_available(const struct stream *stream)
{
    return (size_t)(stream->end - stream->pos);
}

/* Are `wanted` bytes at pos? May move pos, so pointers taken before are stale. */
static inline bool stream_has(struct stream *stream, size_t wanted)
{
    return __builtin_expect(stream_available(stream) >= wanted, 1) || stream_refill(stream, wanted);
}

static inline uint64_t stream_offset(const struct stream *stream)
{
    return stream->end_offset - stream_available(stream);
}

/* The kinds. Each starts up the state of its own; false with stream->error set on failure. */
bool stream_start_plain(struct stream *stream);
bool stream_start_gzip(struct stream *stream);
bool stream_start_zstd(struct stream *stream);

#endif
