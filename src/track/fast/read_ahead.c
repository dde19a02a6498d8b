#include "read_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/second_thread.h"
#include "classify.h"

/* Large enough that handing over costs nothing beside it, small enough that what was found is still in a cache. */
#define CHUNK_SIZE ((size_t)4 << 20)
#define WORTH_SIZE ((uint64_t)32 << 20) /* a smaller file is read before two threads have found together */

enum {
    CHUNKS = 2,          /* one is filled while the other is taken */
    IN_TURN = 2,         /* of so many chunks, the first thread reads the first one by itself */
    FRAMES_AT_ONCE = 32, /* as many as are asked of a source */
    MOST_FRAMES = 65536, /* in a chunk; where they are very short, it ends early */
    ENOUGH_TO_JUDGE = 256,
    PATIENCE_NS = 100000, /* to wait for a chunk; more, and the other processor is not free */
};

struct read_ahead {
    struct source *source;      /* its own handle */
    struct source *aside;       /* the first thread's, for single frames; NULL until there is one to read */
    const struct source *whose; /* handle is the file's first */
    struct classifier classifier;
    uint64_t chunk_size, file_size;
    int64_t patience_ns;
    pthread_t thread;
    sem_t room; /* chunks that may be filled */
    atomic_bool quit;
    atomic_uint found;           /* chunks, so far */
    _Atomic uint64_t working_on; /* the chunk that will be found next: its `from`; UINT64_MAX: none will be */
    _Atomic uint64_t reached;    /* by the first thread */
    unsigned taken;
    bool outdated;
    struct chunk chunk[CHUNKS];
    uint64_t backoff; /* bytes that are left to the first thread after a chunk that did not pay */
};

/* True where the frame had a place. */
static bool keep_other(struct chunk *s, const struct frame *frame, size_t room)
{
    if (frame->caplen > room - s->bytes_used || s->others == MOST_FRAMES)
        return false;
    struct frame *kept = &s->other[s->others++];
    *kept = *frame;
    kept->data = s->bytes + s->bytes_used;
    memcpy(s->bytes + s->bytes_used, frame->data, frame->caplen);
    s->bytes_used += frame->caplen;
    return true;
}

static bool is_worth_it(const struct chunk *s)
{
    return s->count < ENOUGH_TO_JUDGE || read_ahead_pays(s->count, s->others);
}

/* True where all of them had a place. */
static bool add_frames(struct read_ahead *read_ahead, struct chunk *s, const struct frame *frame, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct skipped_frame *skipped_frame = &s->skipped_frame[s->count + i];
        classify_frame(&read_ahead->classifier, &frame[i], skipped_frame, &s->steady_frame[s->steady_frames]);
        skipped_frame->place = (uint32_t)(source_offset_of(read_ahead->source, &frame[i]) - s->begins);
        s->steady_frames += skipped_frame->frame_class == CLASS_STEADY;
        if (skipped_frame->frame_class == CLASS_WHOLE && !keep_other(s, &frame[i], read_ahead->chunk_size))
            return false;
        bytes += frame[i].caplen;
    }
    s->bytes_read += bytes;
    s->count += count;
    return true;
}

size_t read_ahead_wanted(uint64_t at, uint64_t until, size_t most)
{
    enum { LONG_FRAME = 2048 };
    const uint64_t safe = (until - at) / LONG_FRAME + 1;
    return safe < most ? (size_t)safe : most;
}

/* From its begin up to `until`; it may end before. */
static void read_chunk(struct read_ahead *read_ahead, struct chunk *s, uint64_t until)
{
    struct frame frame[FRAMES_AT_ONCE];
    while (s->ends < until && s->count <= MOST_FRAMES - FRAMES_AT_ONCE && is_worth_it(s)) {
        size_t count, wanted = read_ahead_wanted(s->ends, until, FRAMES_AT_ONCE);
        if (source_next_few(read_ahead->source, frame, wanted, &count) != SOURCE_FRAME ||
            !add_frames(read_ahead, s, frame, count))
            return;
        s->ends = source_offset(read_ahead->source);
    }
}

static void explore(struct read_ahead *read_ahead, struct chunk *s)
{
    s->count = s->steady_frames = s->others = s->bytes_used = 0;
    s->bytes_read = 0;
    s->begins = s->ends = s->from;
    if (!source_guess(read_ahead->source, s->from))
        return;
    s->begins = s->ends = source_offset(read_ahead->source);
    read_chunk(read_ahead, s, s->from + read_ahead->chunk_size);
    if (!is_worth_it(s))
        s->ends = s->begins;
}

/* The one after this, and not one where the first thread already is. */
static uint64_t next_from(struct read_ahead *read_ahead, const struct chunk *done)
{
    enum { MOST_BACKOFF = 1 << 30 };
    const uint64_t size = read_ahead->chunk_size;
    if (done->ends == done->begins)
        read_ahead->backoff =
            read_ahead->backoff < MOST_BACKOFF ? 2 * read_ahead->backoff + 8 * size : read_ahead->backoff;
    else
        read_ahead->backoff = 0;
    uint64_t from = done->from + size + read_ahead->backoff, reached = atomic_load(&read_ahead->reached);
    if (from < reached + size)
        from = (reached / size + 1) * size;
    if (from / size % IN_TURN == 0)
        from += size;
    return from < read_ahead->file_size ? from : UINT64_MAX;
}

static void *work(void *argument)
{
    struct read_ahead *read_ahead = argument;
    uint64_t from = read_ahead->chunk_size;

    for (unsigned i = 0; from != UINT64_MAX; i++) {
        while (sem_wait(&read_ahead->room) < 0 && errno == EINTR)
            ;
        if (atomic_load(&read_ahead->quit))
            break;
        struct chunk *s = &read_ahead->chunk[i % CHUNKS];
        s->from = from;
        explore(read_ahead, s);
        from = next_from(read_ahead, s);
        atomic_store(&read_ahead->found, i + 1);
        atomic_store(&read_ahead->working_on, from);
    }
    return NULL;
}

static bool make_chunks(struct read_ahead *read_ahead)
{
    bool made = true;
    for (int i = 0; i < CHUNKS; i++) {
        struct chunk *s = &read_ahead->chunk[i];
        s->skipped_frame = malloc(MOST_FRAMES * sizeof *s->skipped_frame);
        s->steady_frame = malloc(MOST_FRAMES * sizeof *s->steady_frame);
        s->other = malloc(MOST_FRAMES * sizeof *s->other);
        s->bytes = malloc(read_ahead->chunk_size);
        made = made && s->skipped_frame != NULL && s->steady_frame != NULL && s->other != NULL && s->bytes != NULL;
    }
    return made;
}

static void release(struct read_ahead *read_ahead)
{
    for (int i = 0; i < CHUNKS; i++) {
        free(read_ahead->chunk[i].skipped_frame);
        free(read_ahead->chunk[i].steady_frame);
        free(read_ahead->chunk[i].other);
        free(read_ahead->chunk[i].bytes);
    }
    source_close(read_ahead->source);
    source_close(read_ahead->aside);
    sem_destroy(&read_ahead->room);
    free(read_ahead);
}

struct read_ahead *read_ahead_begin(const struct source *source, const struct tracker *tracker, size_t size)
{
    if (!source_can_jump(source) || (!size && (!second_processor_is_there() || source_size(source) < WORTH_SIZE)))
        return NULL;
    struct read_ahead *read_ahead = calloc(1, sizeof *read_ahead);
    if (read_ahead == NULL)
        return NULL;
    classifier_init(&read_ahead->classifier, tracker);
    read_ahead->chunk_size = size ? size : CHUNK_SIZE;
    read_ahead->patience_ns = size ? INT64_MAX : PATIENCE_NS;
    read_ahead->file_size = source_size(source);
    read_ahead->working_on = read_ahead->chunk_size;
    read_ahead->whose = source;
    read_ahead->source = source_open_again(source);
    sem_init(&read_ahead->room, 0, CHUNKS);
    if (read_ahead->source != NULL && make_chunks(read_ahead) &&
        second_thread_start(&read_ahead->thread, work, read_ahead))
        return read_ahead;
    release(read_ahead);
    return NULL;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* True once another is found, or none will be here. */
static bool wait_for_one(const struct read_ahead *read_ahead, uint64_t at)
{
    for (int64_t start = now_ns(); now_ns() - start < read_ahead->patience_ns;)
        if (atomic_load(&read_ahead->found) != read_ahead->taken || atomic_load(&read_ahead->working_on) > at)
            return true;
    return false;
}

const struct chunk *read_ahead_take(struct read_ahead *read_ahead, const struct source *source, uint64_t *until)
{
    const uint64_t at = source_offset(source);
    atomic_store(&read_ahead->reached, at);
    read_ahead->outdated = read_ahead->outdated || !source_knows_as_much(read_ahead->source, source);
    while (!read_ahead->outdated) {
        const bool found = atomic_load(&read_ahead->found) != read_ahead->taken;
        const struct chunk *s = &read_ahead->chunk[read_ahead->taken % CHUNKS];
        const uint64_t from = found ? s->from : atomic_load(&read_ahead->working_on);
        if (from > at) {
            *until = from;
            return NULL;
        }
        if (!found && !wait_for_one(read_ahead, at)) {
            *until = at + read_ahead->chunk_size / 4;
            return NULL;
        }
        if (found && s->begins == at && s->ends > at)
            return s;
        if (found)
            read_ahead_give(read_ahead);
    }
    *until = UINT64_MAX;
    return NULL;
}

bool read_ahead_reread(struct read_ahead *read_ahead, const struct skipped_frame *skipped_frame, struct frame *out)
{
    if (read_ahead->aside == NULL)
        read_ahead->aside = source_open_again(read_ahead->whose);
    if (read_ahead->aside == NULL)
        return false;
    const struct chunk *s = &read_ahead->chunk[read_ahead->taken % CHUNKS];
    return source_reread(read_ahead->aside, s->begins + skipped_frame->place, out);
}

void read_ahead_give(struct read_ahead *read_ahead)
{
    read_ahead->taken++;
    sem_post(&read_ahead->room);
}

void read_ahead_end(struct read_ahead *read_ahead)
{
    if (read_ahead == NULL)
        return;
    atomic_store(&read_ahead->quit, true);
    sem_post(&read_ahead->room);
    pthread_join(read_ahead->thread, NULL);
    release(read_ahead);
}
