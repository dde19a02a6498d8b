#include "sorted_frames.h"

#include <stdlib.h>
#include <string.h>

/* Offsets stand in for pointers while the buffer still moves. */
struct loading {
    struct sorted_frames *sorted;
    size_t *offset;
    size_t frames_room, bytes_room, bytes_used;
};

static bool make_room(struct loading *l, size_t caplen)
{
    struct sorted_frames *s = l->sorted;
    if (s->count == l->frames_room) {
        size_t room = l->frames_room ? l->frames_room * 2 : 1024;
        struct frame *frames = realloc(s->frame, room * sizeof *frames);
        if (frames)
            s->frame = frames;
        size_t *offsets = realloc(l->offset, room * sizeof *offsets);
        if (offsets)
            l->offset = offsets;
        if (!frames || !offsets)
            return false;
        l->frames_room = room;
    }
    if (l->bytes_used + caplen > l->bytes_room) {
        size_t room = (l->bytes_used + caplen) * 2;
        uint8_t *bytes = realloc(s->bytes, room);
        if (!bytes)
            return false;
        s->bytes = bytes;
        l->bytes_room = room;
    }
    return true;
}

static bool load_all(struct loading *l, struct source *source, size_t limit)
{
    struct sorted_frames *s = l->sorted;
    struct frame frame;
    while (source_next(source, &frame) == SOURCE_FRAME) {
        if (l->bytes_used + frame.caplen + s->count * sizeof frame > limit || !make_room(l, frame.caplen))
            return false;
        memcpy(s->bytes + l->bytes_used, frame.data, frame.caplen);
        l->offset[s->count] = l->bytes_used;
        s->frame[s->count++] = frame;
        l->bytes_used += frame.caplen;
    }
    return true;
}

static int by_time(const void *left, const void *right)
{
    const struct frame *a = left, *b = right;
    if (a->ts_us != b->ts_us)
        return a->ts_us < b->ts_us ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

bool sorted_frames_load(struct sorted_frames *sorted, struct source *source, size_t limit)
{
    struct loading l = {.sorted = sorted};
    *sorted = (struct sorted_frames){0};
    bool whole = load_all(&l, source, limit);
    for (size_t i = 0; i < sorted->count; i++)
        sorted->frame[i].data = sorted->bytes + l.offset[i];
    free(l.offset);
    if (!whole) {
        sorted_frames_free(sorted);
        return false;
    }
    if (sorted->count)
        qsort(sorted->frame, sorted->count, sizeof *sorted->frame, by_time);
    return true;
}

void sorted_frames_free(struct sorted_frames *sorted)
{
    free(sorted->frame);
    free(sorted->bytes);
    *sorted = (struct sorted_frames){0};
}
