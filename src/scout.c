#include "scout.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sshsniff/second_thread.h>

/* Large enough that handing over costs nothing beside it, small enough that what was found is still in a cache. */
#define STRETCH_SIZE ((size_t)4 << 20)
#define WORTH_SIZE   ((uint64_t)32 << 20) /* a smaller file is read before two threads have found together */

enum {
    STRETCHES = 2,       /* one is filled while the other is taken */
    IN_TURN = 2,         /* of so many stretches, the first thread reads the first one by itself */
    FRAMES_AT_ONCE = 32, /* as many as are asked of a source */
    MOST_FRAMES = 65536, /* in a stretch; where they are very short, it ends early */
    ENOUGH_TO_JUDGE = 256,
    PATIENCE_NS = 100000, /* to wait for a stretch; more, and the other processor is not free */
};

struct scout {
    struct source *source;      /* its own handle */
    struct source *aside;       /* the first thread's, for single frames; NULL until there is one to read */
    const struct source *whose; /* handle is the file's first */
    struct sieve sieve;
    uint64_t stretch_size, file_size;
    int64_t patience_ns;
    pthread_t thread;
    sem_t room; /* stretches that may be filled */
    atomic_bool quit;
    atomic_uint found;           /* stretches, so far */
    _Atomic uint64_t working_on; /* the stretch that will be found next: its `from`; UINT64_MAX: none will be */
    _Atomic uint64_t reached;    /* by the first thread */
    unsigned taken;
    bool outdated;
    struct stretch stretch[STRETCHES];
    uint64_t backoff; /* bytes that are left to the first thread after a stretch that did not pay */
};

/* True where the frame had a place. */
static bool keep_other(struct stretch *s, const struct frame *frame, size_t room)
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

static bool is_worth_it(const struct stretch *s)
{
    return s->count < ENOUGH_TO_JUDGE || scout_pays(s->count, s->others);
}

/* True where all of them had a place. */
static bool add_frames(struct scout *scout, struct stretch *s, const struct frame *frame, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct passer *passer = &s->passer[s->count + i];
        sieve_frame(&scout->sieve, &frame[i], passer, &s->cruiser[s->cruisers]);
        passer->place = (uint32_t)(source_offset_of(scout->source, &frame[i]) - s->begins);
        s->cruisers += passer->sieved == SIEVED_CRUISES;
        if (passer->sieved == SIEVED_WHOLE && !keep_other(s, &frame[i], scout->stretch_size))
            return false;
        bytes += frame[i].caplen;
    }
    s->bytes_read += bytes;
    s->count += count;
    return true;
}

size_t scout_wanted(uint64_t at, uint64_t until, size_t most)
{
    enum { LONG_FRAME = 2048 };
    const uint64_t safe = (until - at) / LONG_FRAME + 1;
    return safe < most ? (size_t)safe : most;
}

/* From its begin up to `until`; it may end before. */
static void read_stretch(struct scout *scout, struct stretch *s, uint64_t until)
{
    struct frame frame[FRAMES_AT_ONCE];
    while (s->ends < until && s->count <= MOST_FRAMES - FRAMES_AT_ONCE && is_worth_it(s)) {
        size_t count, wanted = scout_wanted(s->ends, until, FRAMES_AT_ONCE);
        if (source_next_few(scout->source, frame, wanted, &count) != SOURCE_FRAME ||
            !add_frames(scout, s, frame, count))
            return;
        s->ends = source_offset(scout->source);
    }
}

static void explore(struct scout *scout, struct stretch *s)
{
    s->count = s->cruisers = s->others = s->bytes_used = 0;
    s->bytes_read = 0;
    s->begins = s->ends = s->from;
    if (!source_guess(scout->source, s->from))
        return;
    s->begins = s->ends = source_offset(scout->source);
    read_stretch(scout, s, s->from + scout->stretch_size);
    if (!is_worth_it(s))
        s->ends = s->begins;
}

/* The one after this, and not one where the first thread already is. */
static uint64_t next_from(struct scout *scout, const struct stretch *done)
{
    enum { MOST_BACKOFF = 1 << 30 };
    const uint64_t size = scout->stretch_size;
    if (done->ends == done->begins)
        scout->backoff = scout->backoff < MOST_BACKOFF ? 2 * scout->backoff + 8 * size : scout->backoff;
    else
        scout->backoff = 0;
    uint64_t from = done->from + size + scout->backoff, reached = atomic_load(&scout->reached);
    if (from < reached + size)
        from = (reached / size + 1) * size;
    if (from / size % IN_TURN == 0)
        from += size;
    return from < scout->file_size ? from : UINT64_MAX;
}

static void *work(void *argument)
{
    struct scout *scout = argument;
    uint64_t from = scout->stretch_size;

    for (unsigned i = 0; from != UINT64_MAX; i++) {
        while (sem_wait(&scout->room) < 0 && errno == EINTR)
            ;
        if (atomic_load(&scout->quit))
            break;
        struct stretch *s = &scout->stretch[i % STRETCHES];
        s->from = from;
        explore(scout, s);
        from = next_from(scout, s);
        atomic_store(&scout->found, i + 1);
        atomic_store(&scout->working_on, from);
    }
    return NULL;
}

static bool make_stretches(struct scout *scout)
{
    bool made = true;
    for (int i = 0; i < STRETCHES; i++) {
        struct stretch *s = &scout->stretch[i];
        s->passer = malloc(MOST_FRAMES * sizeof *s->passer);
        s->cruiser = malloc(MOST_FRAMES * sizeof *s->cruiser);
        s->other = malloc(MOST_FRAMES * sizeof *s->other);
        s->bytes = malloc(scout->stretch_size);
        made = made && s->passer != NULL && s->cruiser != NULL && s->other != NULL && s->bytes != NULL;
    }
    return made;
}

static void release(struct scout *scout)
{
    for (int i = 0; i < STRETCHES; i++) {
        free(scout->stretch[i].passer);
        free(scout->stretch[i].cruiser);
        free(scout->stretch[i].other);
        free(scout->stretch[i].bytes);
    }
    source_close(scout->source);
    source_close(scout->aside);
    sem_destroy(&scout->room);
    free(scout);
}

struct scout *scout_begin(const struct source *source, const struct tracker *tracker, size_t size)
{
    if (!source_can_jump(source) || (!size && (!second_processor_is_there() || source_size(source) < WORTH_SIZE)))
        return NULL;
    struct scout *scout = calloc(1, sizeof *scout);
    if (scout == NULL)
        return NULL;
    tracker_sieve(tracker, &scout->sieve);
    scout->stretch_size = size ? size : STRETCH_SIZE;
    scout->patience_ns = size ? INT64_MAX : PATIENCE_NS;
    scout->file_size = source_size(source);
    scout->working_on = scout->stretch_size;
    scout->whose = source;
    scout->source = source_open_again(source);
    sem_init(&scout->room, 0, STRETCHES);
    if (scout->source != NULL && make_stretches(scout) && second_thread_start(&scout->thread, work, scout))
        return scout;
    release(scout);
    return NULL;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* True once another is found, or none will be here. */
static bool wait_for_one(const struct scout *scout, uint64_t at)
{
    for (int64_t start = now_ns(); now_ns() - start < scout->patience_ns;)
        if (atomic_load(&scout->found) != scout->taken || atomic_load(&scout->working_on) > at)
            return true;
    return false;
}

const struct stretch *scout_take(struct scout *scout, const struct source *source, uint64_t *until)
{
    const uint64_t at = source_offset(source);
    atomic_store(&scout->reached, at);
    scout->outdated = scout->outdated || !source_knows_as_much(scout->source, source);
    while (!scout->outdated) {
        const bool found = atomic_load(&scout->found) != scout->taken;
        const struct stretch *s = &scout->stretch[scout->taken % STRETCHES];
        const uint64_t from = found ? s->from : atomic_load(&scout->working_on);
        if (from > at) {
            *until = from;
            return NULL;
        }
        if (!found && !wait_for_one(scout, at)) {
            *until = at + scout->stretch_size / 4;
            return NULL;
        }
        if (found && s->begins == at && s->ends > at)
            return s;
        if (found)
            scout_give(scout);
    }
    *until = UINT64_MAX;
    return NULL;
}

bool scout_reread(struct scout *scout, const struct passer *passer, struct frame *out)
{
    if (scout->aside == NULL)
        scout->aside = source_open_again(scout->whose);
    if (scout->aside == NULL)
        return false;
    const struct stretch *s = &scout->stretch[scout->taken % STRETCHES];
    return source_reread(scout->aside, s->begins + passer->place, out);
}

void scout_give(struct scout *scout)
{
    scout->taken++;
    sem_post(&scout->room);
}

void scout_end(struct scout *scout)
{
    if (scout == NULL)
        return;
    atomic_store(&scout->quit, true);
    sem_post(&scout->room);
    pthread_join(scout->thread, NULL);
    release(scout);
}
