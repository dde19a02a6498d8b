/* A thread that decompresses ahead of the reader, into a bounded ring of blocks. */
#ifndef CAPTURE_WORKER_H
#define CAPTURE_WORKER_H

#include "stream.h"

/* What a compression brings. The functions run in the worker's thread, except for `close`, which runs after it. */
struct decompressor {
    struct stream_kind stream_kind;
    /* Writes up to `size` bytes. Returns their number, 0 at the end, -1 with `error` filled. */
    ssize_t (*decompress)(void *state, struct input *input, uint8_t *out, size_t size, char error[STREAM_ERROR_SIZE]);
    void (*close)(void *state);
};

/* Starts the thread; `state` is the decompressor's and is closed with the stream, or here on failure. */
bool worker_start(struct stream *stream, const struct decompressor *decompressor, void *state);

/* For the decompressors' stream_kind. */
ssize_t worker_next(struct stream *stream, const uint8_t *tail, size_t tail_size, uint8_t **block);
void worker_close(struct stream *stream);

#endif
