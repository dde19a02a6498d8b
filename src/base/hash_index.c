#include "hash_index.h"

/* A quarter full at most: the first slot nearly always tells, which the processor learns to expect. A large one grows
 * in large steps, for each time all of it is moved. */
enum { FIRST_SLOTS = 1024, LARGE = 1 << 14 };

static size_t slots_size(uint32_t count)
{
    return count * sizeof(struct index_slot);
}

static bool make_slots(struct index *index, uint32_t count)
{
    struct index_slot *slot = pool_allocate(slots_size(count));
    if (!slot)
        return false;
    index->slot = slot;
    index->mask = count - 1;
    return true;
}

static void release_slots(const struct index *index)
{
    pool_release(index->slot, slots_size(index->mask + 1));
}

int index_init(struct index *index)
{
    *index = (struct index){0};
    return make_slots(index, FIRST_SLOTS);
}

void index_destroy(struct index *index)
{
    if (index->slot)
        release_slots(index);
    index->slot = NULL;
}

static void place(struct index *index, uint32_t hash, uint32_t id)
{
    uint32_t at = hash & index->mask;
    while (index->slot[at].place)
        at = (at + 1) & index->mask;
    index->slot[at] = (struct index_slot){hash, id + 1};
}

static bool grow(struct index *index)
{
    const struct index old = *index;
    const uint32_t old_count = old.mask + 1;
    if (!make_slots(index, old_count * (old_count < LARGE ? 2 : 4))) {
        if (index->failures)
            ++*index->failures;
        return false;
    }
    for (uint32_t i = 0; i < old_count; i++)
        if (old.slot[i].place)
            place(index, old.slot[i].hash, index_id(&old.slot[i]));
    release_slots(&old);
    return true;
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
    while (index->slot[at].place && index_id(&index->slot[at]) != id)
        at = (at + 1) & index->mask;
    return at;
}

void index_replace(struct index *index, uint32_t hash, uint32_t id, uint32_t now)
{
    struct index_slot *slot = &index->slot[slot_of(index, hash, id)];
    if (slot->place)
        slot->place = now + 1;
}

void index_remove(struct index *index, uint32_t hash, uint32_t id)
{
    uint32_t at = slot_of(index, hash, id);
    if (!index->slot[at].place)
        return;
    /* Close the gap: move back every follower whose home slot is not after the gap, so no tombstones are needed. */
    uint32_t gap = at;
    for (;;) {
        at = (at + 1) & index->mask;
        if (!index->slot[at].place)
            break;
        uint32_t home = index->slot[at].hash & index->mask;
        if (((at - home) & index->mask) >= ((at - gap) & index->mask)) {
            index->slot[gap] = index->slot[at];
            gap = at;
        }
    }
    index->slot[gap].place = 0;
    index->used--;
}
