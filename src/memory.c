#include "memory.h"

#include <string.h>

static size_t slot_of(const struct likeness *likeness)
{
    /* Fibonacci hashing: the upper bits are the mixed ones. */
    uint64_t mixed = (likeness->word[0] ^ likeness->word[1] << 29 ^ likeness->word[1] >> 35) * 0x9e3779b97f4a7c15ULL;
    return (size_t)(mixed >> 56) % REMEMBERED;
}

const struct remembered *memory_recall(const struct memory *memory, const struct likeness *likeness)
{
    const struct remembered *slot = &memory->slot[slot_of(likeness)];
    bool same =
        slot->used && slot->likeness.word[0] == likeness->word[0] && slot->likeness.word[1] == likeness->word[1];
    return same ? slot : NULL;
}

void memory_keep(struct memory *memory, const struct case_file *file, const struct verdict *verdict, const char *source)
{
    if (memory_recall(memory, file->likeness))
        return;
    struct remembered *slot = &memory->slot[slot_of(file->likeness)];
    slot->used = memory->used = true;
    slot->likeness = *file->likeness;
    slot->cause = verdict->cause;
    slot->phrased = source && report_phrase(file, verdict, source, &slot->phrase);
}

void memory_forget(struct memory *memory)
{
    if (memory->used)
        memset(memory, 0, sizeof *memory);
}
