/* Reading a file from its middle: a second handle for a second thread, and what the first one does to pass over what
 * that has read. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "private.h"

/* A whole frame of the usual size, but not much that nobody asked for. */
#define REREAD_SIZE 4096

/* As much as is looked through for a place where records begin. */
#define GUESS_WINDOW ((size_t)128 << 10)

bool source_can_jump(const struct source *source)
{
    return source->kind->file != NULL && source->kind->file->guess != NULL && source->filter == NULL &&
           strcmp(source->name, "-") != 0 && stream_can_seek(source->stream);
}

uint64_t source_offset(const struct source *source)
{
    return stream_offset(source->stream);
}

uint64_t source_size(const struct source *source)
{
    struct stat status;
    return fstat(source->stream->input.descriptor, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool is_same_file(const struct source *a, const struct source *b)
{
    struct stat x, y;
    return fstat(a->stream->input.descriptor, &x) == 0 && fstat(b->stream->input.descriptor, &y) == 0 &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

struct source *source_open_again(const struct source *source)
{
    char error[SOURCE_ERROR_SIZE];
    struct source *again = source_open_descriptor(source->stream->input.descriptor, source->name, NULL, error);
    if (again == NULL)
        return NULL;
    again->timed_frames_only = true;
    if (again->kind == source->kind && is_same_file(again, source) &&
        (again->kind->file->copy == NULL || again->kind->file->copy(again, source)))
        return again;
    source_close(again);
    return NULL;
}

bool source_knows_as_much(const struct source *again, const struct source *source)
{
    return again->learned == source->learned;
}

static bool jump(struct source *source, uint64_t offset)
{
    source->ended = false;
    return stream_seek(source->stream, offset);
}

bool source_jump(struct source *source, uint64_t offset, const struct source_stats *passed_over, int64_t last_us)
{
    if (!jump(source, offset))
        return false;
    source->number += passed_over->frames_read;
    source->frames += passed_over->frames;
    source->bytes_read += passed_over->bytes_read;
    source->last_ts_us = last_us;
    return true;
}

uint64_t source_offset_of(const struct source *source, const struct frame *frame)
{
    const uint32_t header = source->kind->file->record_header_size(source);
    return source->stream->end_offset - (uint64_t)(source->stream->end - frame->data) - header;
}

bool source_reread(struct source *source, uint64_t offset, struct frame *out)
{
    source->stream->input.most = REREAD_SIZE;
    return jump(source, offset) && source_next(source, out) == SOURCE_FRAME;
}

bool source_guess(struct source *source, uint64_t offset)
{
    if (!jump(source, offset))
        return false;
    stream_has(source->stream, GUESS_WINDOW);
    const uint8_t *start = source->stream->pos, *end = start + GUESS_WINDOW;
    if (end > source->stream->end)
        end = source->stream->end;
    const uint8_t *record = source->kind->file->guess(source, offset, start, end);
    source->stream->pos = record != NULL ? record : end;
    return record != NULL;
}
