/* A source's frames to the tracker, by one thread or by two. */
#include "classify.h"
#include "read_ahead.h"
#include "steady.h"
#include "track/frames.h"

enum {
    FRAMES_AHEAD = 64, /* asked of a source at once: few enough to stay in the first cache */
    GROUP = 16,        /* of a chunk, looked ahead at together */
    SOON = 2 << 20     /* bytes, after which it shows what a file is like */
};

/* A frame of a chunk that has to be looked at. `kept` is NULL where the other thread did not think so. False where it
 * cannot be read. */
static bool take_from_chunk(struct tracker *t, const struct skipped_frame *skipped_frame, const struct frame *kept,
                            uint64_t number)
{
    struct frame frame;
    if (kept)
        frame = *kept;
    else if (!read_ahead_reread(t->read_ahead, skipped_frame, &frame))
        return false;
    frame.number = number;
    (void)tracker_frames(t, &frame, 1);
    return true;
}

static bool take_classified(struct tracker *t, const struct skipped_frame *skipped_frame,
                            const struct steady_frame *steady_frame, uint64_t number)
{
    switch (skipped_frame->frame_class) {
    case CLASS_SKIP:
        return classified_skip(t, skipped_frame);
    case CLASS_STEADY:
        return steady_take_classified(t, skipped_frame, steady_frame, number);
    default:
        return false;
    }
}

/* Takes the frames of a chunk until one cannot be; returns how many were. `number` is that of the frame before it. */
static size_t take_frames(struct tracker *t, const struct chunk *s, uint64_t number, bool *in_order)
{
    const struct frame *other = s->other;
    const struct steady_frame *steady_frame = s->steady_frame;
    for (size_t i = 0; i < s->count; i++) {
        const struct skipped_frame *skipped_frame = &s->skipped_frame[i];
        if (i % GROUP == 0)
            classified_prefetch(t, skipped_frame, s->count - i < GROUP ? s->count - i : GROUP);
        *in_order = frame_is_in_order(t, skipped_frame->ts_us);
        if (!*in_order)
            return i;
        if (!take_classified(t, skipped_frame, steady_frame, number + 1 + i) &&
            !take_from_chunk(t, skipped_frame, skipped_frame->frame_class == CLASS_WHOLE ? other++ : NULL,
                             number + 1 + i))
            return i;
        steady_frame += skipped_frame->frame_class == CLASS_STEADY;
    }
    return s->count;
}

static enum tracker_result take_chunk(struct tracker *t, struct source *source, const struct chunk *s)
{
    struct source_stats stats;
    bool in_order = true;
    source_stats(source, &stats);
    const size_t taken = take_frames(t, s, stats.frames_read, &in_order);
    if (!in_order)
        return TRACKER_DISORDER;
    const struct source_stats passed = {.frames = taken, .frames_read = taken, .bytes_read = s->bytes_read};
    const uint64_t next = taken == s->count ? s->ends : s->begins + s->skipped_frame[taken].place;
    return source_jump(source, next, &passed, taken ? s->skipped_frame[taken - 1].ts_us : 0) ? TRACKER_GOES_ON
                                                                                             : TRACKER_END;
}

static size_t frames_wanted(const struct tracker *t, const struct source *source)
{
    return t->read_ahead ? read_ahead_wanted(source_offset(source), t->alone_until, FRAMES_AHEAD)
                         : frames_left(t, FRAMES_AHEAD);
}

static enum tracker_result read_alone(struct tracker *t, struct source *source)
{
    struct frame frames[FRAMES_AHEAD];
    size_t wanted = frames_wanted(t, source), count;
    if (wanted == 0)
        return TRACKER_END;
    switch (source_next_few(source, frames, wanted, &count)) {
    case SOURCE_FRAME:
        return tracker_frames(t, frames, count);
    case SOURCE_IDLE:
        return TRACKER_IDLE;
    case SOURCE_ERROR:
        return TRACKER_ERROR;
    case SOURCE_END:
        break;
    }
    return TRACKER_END;
}

/* Each frame that is saved or counted has to be there as a frame. A live source knows no offsets. */
static bool may_read_ahead(const struct tracker *t, const struct source *source)
{
    const struct tracker_options *o = &t->options;
    return source_can_jump(source) && !o->live && !o->belongs && !o->wanted && !o->most_frames && !o->decode_all &&
           !o->trails;
}

static void consider_read_ahead(struct tracker *t, struct source *source)
{
    struct source_stats read;
    source_stats(source, &read);
    const uint64_t looked_at = read.frames_read - t->stats.ignored - t->stats.went_on;
    if (t->options.chunk_size || read_ahead_pays(read.frames_read, looked_at)) {
        t->read_ahead = read_ahead_begin(source, t, t->options.chunk_size);
        t->alone_until = t->read_ahead ? source_offset(source) : UINT64_MAX;
    } else
        t->alone_until = 2 * source_offset(source);
}

/* With a second thread, where there is one. */
static enum tracker_result read_together(struct tracker *t, struct source *source)
{
    /* Behind a broken record nothing is taken, whatever the other thread has found there. */
    if (source_offset(source) < t->alone_until || source_has_ended(source))
        return read_alone(t, source);
    if (!t->read_ahead)
        consider_read_ahead(t, source);
    const struct chunk *chunk = t->read_ahead ? read_ahead_take(t->read_ahead, source, &t->alone_until) : NULL;
    if (!chunk)
        return read_alone(t, source);
    const enum tracker_result result = take_chunk(t, source, chunk);
    read_ahead_give(t->read_ahead);
    return result;
}

static enum tracker_result read_first(struct tracker *t, struct source *source)
{
    const enum tracker_result result =
        read_alone(t, source); /* beyond the interfaces that another handle has to know */
    t->reading = true;
    t->may_read_ahead = may_read_ahead(t, source);
    t->alone_until = t->options.chunk_size ? 0 : SOON;
    return result;
}

enum tracker_result tracker_read(struct tracker *t, struct source *source)
{
    if (!t->reading)
        return read_first(t, source);
    return t->may_read_ahead ? read_together(t, source) : read_alone(t, source);
}
