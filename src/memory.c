#include "memory.h"

static size_t slot_of(const struct likeness *likeness)
{
    /* Fibonacci hashing: the upper bits are the mixed ones. */
    uint64_t mixed = (likeness->word[0] ^ likeness->word[1] << 29 ^ likeness->word[1] >> 35) * 0x9e3779b97f4a7c15ULL;
    return (size_t)(mixed >> 56) % REMEMBERED;
}

bool memory_recall(const struct memory *memory, const struct likeness *likeness, enum cause *cause)
{
    const struct remembered *slot = &memory->slot[slot_of(likeness)];
    *cause = slot->cause;
    return slot->used && slot->likeness.word[0] == likeness->word[0] && slot->likeness.word[1] == likeness->word[1];
}

void memory_keep(struct memory *memory, const struct likeness *likeness, enum cause cause)
{
    memory->slot[slot_of(likeness)] = (struct remembered){*likeness, cause, true};
}
