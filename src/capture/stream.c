#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "stream.h"

#define ZSTD_MAGIC           0xfd2fb528u
#define ZSTD_SKIPPABLE_MAGIC 0x184d2a50u /* its low four bits are free */

static bool start(struct stream *stream)
{
    const uint8_t *first = stream->input.first;
    uint32_t magic;

    if (stream->input.first_size < sizeof magic)
        return stream_start_plain(stream);
    magic = (uint32_t)first[0] | (uint32_t)first[1] << 8 | (uint32_t)first[2] << 16 | (uint32_t)first[3] << 24;
    if (magic == ZSTD_MAGIC || (magic & 0xfffffff0u) == ZSTD_SKIPPABLE_MAGIC)
        return stream_start_zstd(stream);
    if (first[0] == 0x1f && first[1] == 0x8b && first[2] == 8)
        return stream_start_gzip(stream);
    return stream_start_plain(stream);
}

struct stream *stream_open(int descriptor, int stop_descriptor, char error[STREAM_ERROR_SIZE])
{
    int failure = errno;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        snprintf(error, STREAM_ERROR_SIZE, "out of memory");
        if (descriptor > STDIN_FILENO)
            close(descriptor);
        return NULL;
    }
    if (descriptor >= 0)
        failure = input_open(&stream->input, descriptor, stop_descriptor);
    if (failure != 0) {
        snprintf(error, STREAM_ERROR_SIZE, "%s", strerror(failure));
        free(stream);
        return NULL;
    }
    if (!start(stream)) {
        snprintf(error, STREAM_ERROR_SIZE, "%s", stream->error);
        stream_close(stream);
        return NULL;
    }
    return stream;
}

/* The usual step: the tail fits in the headroom. */
static void step(struct stream *stream)
{
    size_t tail = stream_available(stream);
    uint8_t *block;
    ssize_t size = stream->kind->next(stream, stream->pos, tail, &block);

    stream->ended = size <= 0;
    stream->pos = block - tail;
    stream->end = block + (size > 0 ? size : 0);
    stream->end_offset += size > 0 ? (uint64_t)size : 0;
}

/* Makes room for `size` bytes in the spill, with what is at hand at its front. */
static bool spill_reserve(struct stream *stream, size_t size)
{
    size_t tail = stream_available(stream);

    if (stream->spill_size < size) {
        uint8_t *larger = malloc(size);
        if (larger == NULL)
            return false;
        if (tail > 0)
            memcpy(larger, stream->pos, tail);
        free(stream->spill);
        stream->spill = larger;
        stream->spill_size = size;
    } else if (tail > 0 && stream->pos != stream->spill) {
        memmove(stream->spill, stream->pos, tail);
    }
    stream->pos = stream->spill;
    stream->end = stream->spill + tail;
    return true;
}

/* The rare step: a frame so large that it is put together from copies of blocks. */
static void spill_step(struct stream *stream, size_t wanted)
{
    uint8_t *block;

    if (!spill_reserve(stream, wanted + STREAM_BLOCK_SIZE)) {
        snprintf(stream->error, sizeof stream->error, "out of memory for a frame of %zu bytes", wanted);
        stream->ended = true;
        return;
    }
    ssize_t size = stream->kind->next(stream, NULL, 0, &block);
    stream->ended = size <= 0;
    if (size <= 0)
        return;
    memcpy(stream->spill + stream_available(stream), block, (size_t)size);
    stream->end += size;
    stream->end_offset += (uint64_t)size;
}

bool stream_refill(struct stream *stream, size_t wanted)
{
    while (stream_available(stream) < wanted && !stream->ended) {
        if (stream_available(stream) <= STREAM_HEADROOM)
            step(stream);
        else
            spill_step(stream, wanted);
    }
    return stream_available(stream) >= wanted;
}

bool stream_can_seek(const struct stream *stream)
{
    return stream->kind->compression == NULL && !stream->input.may_wait;
}

bool stream_seek(struct stream *stream, uint64_t offset)
{
    stream->pos = stream->end;
    stream->ended = !input_seek(&stream->input, offset);
    stream->end_offset = offset;
    stream->error[0] = '\0';
    return !stream->ended;
}

void stream_close(struct stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->kind != NULL)
        stream->kind->close(stream);
    input_close(&stream->input);
    free(stream->spill);
    free(stream);
}
