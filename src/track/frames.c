#include "frames.h"

#include "dispatch.h"
#include "fast/quick_path.h"
#include "life.h"

enum {
    ADVANCE_EVERY_US = 20000, /* live: how often due attempts are looked for while frames keep coming (packet time) */
    GROUP = 16                /* frames that are looked at together: enough to hide the memory's latency */
};

static void note_belongs(struct tracker *t, const struct frame *frame)
{
    if (t->options.belongs)
        t->options.belongs(t->context, frame);
}

/* Apart, so that the frames that need no more than a quick parse pay nothing for it. */
static __attribute__((noinline)) void take_whole(struct tracker *t, const struct frame *frame)
{
    struct packet packet;
    t->stats.decoded++;
    switch (decode_frame(t->decoder, frame, &packet)) {
    case DECODE_UNKNOWN_LINKTYPE:
        t->stats.undecodable++;
        if (t->options.unknown_linktype)
            t->options.unknown_linktype(t->context, frame->linktype);
        return;
    case DECODE_PROTECTED:
        t->stats.undecodable++;
        if (t->options.protected_frame)
            t->options.protected_frame(t->context);
        return;
    case DECODE_TRUNCATED: /* what could be read of a cut frame is still worth having */
        t->stats.undecodable++;
        break;
    case DECODE_OK:
        break;
    }
    if (t->options.wanted && !t->options.wanted(t->context, frame, &packet))
        return;
    if (dispatch_packet(t, &packet))
        note_belongs(t, frame);
}

static bool take_quick(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    if (!parsed_frame->parsed)
        return false;
    enum quick_result result = quick_path_take(t, parsed_frame, frame);
    if (result == QUICK_TAKEN)
        note_belongs(t, frame);
    return result != QUICK_NEEDS_DECODE;
}

bool frame_is_in_order(struct tracker *t, int64_t ts_us)
{
    if (t->options.max_disorder_us && ts_us < t->latest_us - t->options.max_disorder_us && t->stats.attempts == 0)
        return false;
    if (ts_us > t->latest_us)
        t->latest_us = ts_us;
    return true;
}

size_t frames_left(const struct tracker *t, size_t most)
{
    if (t->options.most_frames == 0 || t->options.most_frames - t->frames > most)
        return most;
    return (size_t)(t->options.most_frames - t->frames);
}

static void advance(struct tracker *t, int64_t now_us)
{
    /* In the future: the clock was set back since. */
    if (!t->live || (now_us >= t->advanced_us && now_us - t->advanced_us < ADVANCE_EVERY_US))
        return;
    t->advanced_us = now_us;
    life_advance(t, now_us);
    if (t->options.advanced)
        t->options.advanced(t->context, now_us);
}

/* `parsed_frames` is NULL where all are to be decoded whole. */
static bool take_group(struct tracker *t, const struct frame *frames, const struct parsed_frame *parsed_frames,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!frame_is_in_order(t, frames[i].ts_us))
            return false;
        t->frames++;
        if (!parsed_frames || !take_quick(t, &parsed_frames[i], &frames[i]))
            take_whole(t, &frames[i]);
        advance(t, frames[i].ts_us);
    }
    return true;
}

static size_t size_of_group(size_t group, size_t frames)
{
    return frames - group * GROUP < GROUP ? frames - group * GROUP : GROUP;
}

/* While one group is taken, what the next one needs is on its way from memory, and where to find what the one after it
 * needs. */
static bool take_groups(struct tracker *t, const struct frame *frames, size_t count)
{
    enum { STAGES = 3 };
    struct parsed_frame parsed_frames[STAGES][GROUP];
    const size_t groups = (count + GROUP - 1) / GROUP;
    for (size_t i = 0; i < groups + STAGES - 1; i++) {
        if (i < groups)
            quick_path_hash_ahead(t, frames + i * GROUP, parsed_frames[i % STAGES], size_of_group(i, count));
        if (i >= 1 && i - 1 < groups)
            quick_path_prefetch(t, parsed_frames[(i - 1) % STAGES], size_of_group(i - 1, count));
        if (i >= 2 &&
            !take_group(t, frames + (i - 2) * GROUP, parsed_frames[(i - 2) % STAGES], size_of_group(i - 2, count)))
            return false;
    }
    return true;
}

enum tracker_result tracker_frames(struct tracker *t, const struct frame *frames, size_t count)
{
    const size_t taken = frames_left(t, count);
    const bool whole = t->options.wanted || t->options.decode_all || t->options.trails;
    if (!(whole ? take_group(t, frames, NULL, taken) : take_groups(t, frames, taken)))
        return TRACKER_DISORDER;
    return t->options.most_frames && t->frames == t->options.most_frames ? TRACKER_END : TRACKER_GOES_ON;
}
