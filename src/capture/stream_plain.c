/* An uncompressed file or pipe: one buffer, read() straight into it.
 *
 * Not mmap: a file that shrinks while it is read would raise SIGBUS, and walking a mapping costs a page fault where
 * read() costs a copy that the cache hides.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

#define PAGE 4096

/* Half of a small second-level cache, so that what was copied is still there when it is looked at: with four times as
 * much a walk over a capture took an eighth longer. Smaller, and the system calls are felt. */
#define BLOCK_SIZE ((size_t)256 << 10)

_Static_assert(BLOCK_SIZE <= STREAM_BLOCK_SIZE, "the spill has room for a whole block");

static ssize_t plain_next(struct stream *stream, const uint8_t *tail, size_t tail_size, uint8_t **block)
{
    uint8_t *start = (uint8_t *)stream->state + STREAM_HEADROOM;

    if (tail_size > 0)
        memmove(start - tail_size, tail, tail_size);
    *block = start;
    ssize_t size = input_read(&stream->input, start, BLOCK_SIZE);
    if (size < 0)
        snprintf(stream->error, sizeof stream->error, "%s", strerror(errno));
    return size;
}

/* One block is kept for the next file: to whoever reads many small ones, giving memory back and asking for it again
 * costs more than they do themselves. */
static _Thread_local uint8_t *spare;

static void plain_close(struct stream *stream)
{
    free(spare);
    spare = stream->state;
}

bool stream_start_plain(struct stream *stream)
{
    static const struct stream_kind plain = {.next = plain_next, .close = plain_close};

    stream->state = spare != NULL ? spare : aligned_alloc(PAGE, STREAM_HEADROOM + BLOCK_SIZE);
    spare = NULL;
    if (stream->state == NULL) {
        snprintf(stream->error, sizeof stream->error, "out of memory");
        return false;
    }
    stream->kind = &plain;
    return true;
}
