#include "sorted_frames.h"

#include <stdlib.h>
#include <string.h>

#include "clock_steps.h"

enum { FIRST_FRAMES = 1024, FIRST_BYTES = 65536 };

struct loading {
    struct sorted_frames *sorted;
    size_t frames_room, bytes_room, bytes_used;
};

static bool make_room(struct loading *l, size_t caplen)
{
    struct sorted_frames *s = l->sorted;
    if (s->count == l->frames_room) {
        size_t room = l->frames_room ? l->frames_room * 2 : FIRST_FRAMES;
        struct frame *frames = realloc(s->frame, room * sizeof *frames);
        if (!frames) {
            s->memory_out = true;
            return false;
        }
        s->frame = frames;
        l->frames_room = room;
    }
    if (!s->bytes || l->bytes_used + caplen > l->bytes_room) {
        size_t room = (l->bytes_used + caplen) * 2 + FIRST_BYTES;
        uint8_t *bytes = realloc(s->bytes, room);
        if (!bytes) {
            s->memory_out = true;
            return false;
        }
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
        s->frame[s->count++] = frame;
        l->bytes_used += frame.caplen;
    }
    return true;
}

/* The frames' bytes lie one after the other, and the buffer moves no more. */
static void point_at_bytes(struct sorted_frames *sorted)
{
    const uint8_t *at = sorted->bytes;
    for (size_t i = 0; i < sorted->count; i++) {
        sorted->frame[i].data = at;
        at += sorted->frame[i].caplen;
    }
}

static int by_time(const void *left, const void *right)
{
    const struct frame *a = left, *b = right;
    if (a->ts_us != b->ts_us)
        return a->ts_us < b->ts_us ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static const struct frame *sorted_frames; /* for the comparison */

static int place_by_time(const void *left, const void *right)
{
    return by_time(&sorted_frames[*(const size_t *)left], &sorted_frames[*(const size_t *)right]);
}

/* Where the clock was set back, the file's order is the true one, and its time goes on. */
static void undo_clock_steps(struct sorted_frames *sorted)
{
    size_t *place = malloc(sorted->count * sizeof *place);
    if (!place) {
        sorted->memory_out = true;
        return;
    }
    for (size_t i = 0; i < sorted->count; i++)
        place[i] = i;
    sorted_frames = sorted->frame;
    qsort(place, sorted->count, sizeof *place, place_by_time);
    if (clock_was_set_back(sorted->frame, place, sorted->count))
        clock_steps_undo(sorted->frame, sorted->count);
    free(place);
}

bool sorted_frames_load(struct sorted_frames *sorted, struct source *source, size_t limit)
{
    struct loading l = {.sorted = sorted};
    *sorted = (struct sorted_frames){0};
    if (!load_all(&l, source, limit)) {
        const bool memory_out = sorted->memory_out;
        sorted_frames_free(sorted);
        sorted->memory_out = memory_out;
        return false;
    }
    point_at_bytes(sorted);
    if (sorted->count)
        undo_clock_steps(sorted);
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
