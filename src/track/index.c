#include "index.h"

#include <stdlib.h>
#include <string.h>

/* A quarter full at most: the first slot nearly always tells, which the processor learns to expect. A large one grows
 * in large steps, for each time all of it is moved. */
enum { FIRST_SLOTS = 1024, LARGE = 1 << 14 };

static struct index_slot *new_slots(uint32_t count, struct ahead *ahead)
{
    const size_t size = count * sizeof(struct index_slot);
    struct index_slot *slot = pool_allocate(size);
    _Static_assert(POOL_NONE == UINT32_MAX, "a slot of all ones is an empty one");
    if (!slot)
        return NULL;
    const bool halve = ahead && size >= 2 * POOL_HUGE; /* one is brought in while the other is filled */
    const unsigned asked = halve ? ahead_ask(ahead, slot + count / 2, size / 2) : 0;
    memset(slot, 0xff, size);
    if (halve)
        ahead_wait(ahead, asked);
    return slot;
}

int index_init(struct index *index)
{
    index->slot = new_slots(FIRST_SLOTS, NULL);
    index->mask = FIRST_SLOTS - 1;
    index->used = 0;
    index->ahead = NULL;
    return index->slot != NULL;
}

void index_destroy(struct index *index)
{
    free(index->slot);
    index->slot = NULL;
}

static void place(struct index *index, uint32_t hash, uint32_t id)
{
    uint32_t at = hash & index->mask;
    while (index->slot[at].id != POOL_NONE)
        at = (at + 1) & index->mask;
    index->slot[at] = (struct index_slot){hash, id};
}

static int grow(struct index *index)
{
    uint32_t old_count = index->mask + 1, count = old_count * (old_count < LARGE ? 2 : 4);
    struct index_slot *old = index->slot;
    struct index_slot *bigger = new_slots(count, index->ahead);
    if (!bigger)
        return 0;
    index->slot = bigger;
    index->mask = count - 1;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].id != POOL_NONE)
            place(index, old[i].hash, old[i].id);
    free(old);
    return 1;
}

int index_insert(struct index *index, uint32_t hash, uint32_t id)
{
    if (index->used >= (index->mask + 1) / 4 && !grow(index))
        return 0;
    place(index, hash, id);
    index->used++;
    return 1;
}

/* Where it is, or the empty slot that shows that it is not there. */
static uint32_t slot_of(const struct index *index, uint32_t hash, uint32_t id)
{
    uint32_t at = hash & index->mask;
    while (index->slot[at].id != id && index->slot[at].id != POOL_NONE)
        at = (at + 1) & index->mask;
    return at;
}

void index_replace(struct index *index, uint32_t hash, uint32_t id, uint32_t now)
{
    struct index_slot *slot = &index->slot[slot_of(index, hash, id)];
    if (slot->id == id)
        slot->id = now;
}

void index_remove(struct index *index, uint32_t hash, uint32_t id)
{
    uint32_t at = slot_of(index, hash, id);
    if (index->slot[at].id == POOL_NONE)
        return;
    /* Close the gap: move back every follower whose home slot is not after the gap, so no tombstones are needed. */
    uint32_t gap = at;
    for (;;) {
        at = (at + 1) & index->mask;
        if (index->slot[at].id == POOL_NONE)
            break;
        uint32_t home = index->slot[at].hash & index->mask;
        if (((at - home) & index->mask) >= ((at - gap) & index->mask)) {
            index->slot[gap] = index->slot[at];
            gap = at;
        }
    }
    index->slot[gap].id = POOL_NONE;
    index->used--;
}
