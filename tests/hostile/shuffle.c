/* Frames cut short by a snaplen, lost, doubled and out of order; and bytes flipped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"
#include "random.h"
#include "tally.h"

/* In memory of its own length, so that a read past its end is seen. */
static void give(struct pipeline *p, const struct frame *frame, uint32_t caplen, int64_t ts_us)
{
    struct frame copy = *frame;
    uint8_t *data = malloc(caplen ? caplen : 1);
    if (data == NULL)
        abort();
    memcpy(data, frame->data, caplen);
    copy.data = data;
    copy.caplen = caplen;
    copy.ts_us = ts_us;
    copy.number = ++p->number;
    pipeline_frame(p, &copy);
    free(data);
}

void damage_snaplen(const struct capture *c)
{
    static const uint32_t lengths[] = {0,  1,  13, 14, 15, 16, 20, 33, 34, 35, 38,  42,  47,  48,  53,
                                       54, 55, 62, 66, 68, 74, 78, 86, 94, 96, 110, 128, 200, 256, 1000};
    static struct pipeline p;
    char what[400];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        snprintf(what, sizeof what, "%s with a snaplen of %u", c->name, lengths[i]);
        pipeline_open(&p, "json");
        for (size_t k = 0; k < c->count; k++) {
            const struct frame *frame = &c->frames[k].frame;
            give(&p, frame, frame->caplen < lengths[i] ? frame->caplen : lengths[i], frame->ts_us);
        }
        pipeline_close(&p, false, what);
        tally_take(DAMAGE_CUT, c, &p, what);
        __atomic_fetch_add(&tally->checks, 1, __ATOMIC_RELAXED);
    }
}

void damage_flip(const struct capture *c, struct file_at_hand *file, unsigned rounds)
{
    static struct pipeline p;
    char what[400];
    uint64_t random = random_seed(c->name, 1);
    for (unsigned round = 0; round < rounds && c->size > 0; round++) {
        snprintf(what, sizeof what, "%s with flipped bytes, round %u", c->name, round);
        file_fill(file, c->bytes, c->size);
        unsigned flips = 1 + random_below(&random, 24);
        while (flips--) {
            size_t at = random_below(&random, c->size);
            /* Half of them in headers of frames, where they matter most. */
            if (c->count > 0 && random_below(&random, 2) == 0)
                at = c->frames[random_below(&random, c->count)].record_at + random_below(&random, 86);
            if (at < c->size)
                file_change(file, at,
                            random_below(&random, 3) ? (uint8_t)random_below(&random, 256)
                                                     : c->bytes[at] ^ (uint8_t)(1u << random_below(&random, 8)));
        }
        pipeline_open(&p, round % 4 == 3 ? "text" : "json");
        struct reading reading = pipeline_file(&p, file->path, what);
        pipeline_close(&p, reading.broken, what);
        __atomic_fetch_add(&tally->checks, 1, __ATOMIC_RELAXED);
    }
}

static void drop(const struct capture *c, struct pipeline *p, uint64_t *random)
{
    unsigned percent = 1 + random_below(random, 40);
    for (size_t k = 0; k < c->count; k++)
        if (random_below(random, 100) >= percent)
            give(p, &c->frames[k].frame, c->frames[k].frame.caplen, c->frames[k].frame.ts_us);
}

/* As a mirror port does it: each frame twice, microseconds apart, and now and then with others between. */
static void duplicate(const struct capture *c, struct pipeline *p, uint64_t *random)
{
    int64_t apart = 1 + random_below(random, 200);
    bool all = random_below(random, 2);
    for (size_t k = 0; k < c->count; k++) {
        const struct frame *frame = &c->frames[k].frame;
        give(p, frame, frame->caplen, frame->ts_us);
        if (all || random_below(random, 2))
            give(p, frame, frame->caplen, frame->ts_us + apart);
    }
}

/* As several queues of a network interface or several threads do it: neighbours in the file change places, by less than
 * a millisecond, and time stamps stay true. */
static void reorder(const struct capture *c, struct pipeline *p, uint64_t *random)
{
    size_t *order = malloc(c->count * sizeof *order);
    unsigned far = 1 + random_below(random, 4);
    if (order == NULL)
        abort();
    for (size_t k = 0; k < c->count; k++)
        order[k] = k;
    for (size_t k = 0; k + 1 < c->count; k++) {
        size_t other = k + random_below(random, far + 1);
        if (other < c->count && c->frames[order[other]].frame.ts_us - c->frames[order[k]].frame.ts_us < 1000) {
            size_t swap = order[k];
            order[k] = order[other];
            order[other] = swap;
        }
    }
    for (size_t k = 0; k < c->count; k++)
        give(p, &c->frames[order[k]].frame, c->frames[order[k]].frame.caplen, c->frames[order[k]].frame.ts_us);
    free(order);
}

static const struct disorder {
    enum damage damage;
    const char *name;
    void (*act)(const struct capture *c, struct pipeline *p, uint64_t *random);
} disorders[] = {
    {DAMAGE_DROPPED, "frames lost", drop},
    {DAMAGE_DUPLICATED, "frames doubled", duplicate},
    {DAMAGE_REORDERED, "frames out of order", reorder},
};

void damage_shuffle(const struct capture *c, unsigned rounds)
{
    static struct pipeline p;
    char what[400];
    for (size_t d = 0; d < sizeof disorders / sizeof *disorders; d++) {
        uint64_t random = random_seed(c->name, 2 + d);
        for (unsigned round = 0; round < rounds && c->count > 0; round++) {
            snprintf(what, sizeof what, "%s, %s, round %u", c->name, disorders[d].name, round);
            pipeline_open(&p, "json");
            disorders[d].act(c, &p, &random);
            pipeline_close(&p, false, what);
            tally_take(disorders[d].damage, c, &p, what);
            __atomic_fetch_add(&tally->checks, 1, __ATOMIC_RELAXED);
        }
    }
}
