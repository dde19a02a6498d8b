#include "memory_out.h"

void memory_out_note(struct tracker *t)
{
    const struct pool *const pools[] = {&t->entries,        &t->answers,         &t->connections, &t->dialogues,
                                        &t->compacts,       &t->refusals,        &t->tails,       &t->hosts.pool,
                                        &t->histories.pool, &t->localities.pool, &t->legs.sets};
    const struct index *const indexes[] = {&t->index, &t->hosts.index, &t->histories.index, &t->localities.index,
                                           &t->legs.index};
    uint32_t failures = t->streams.failures + t->localities.failures + t->legs.failures;
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        failures += pools[i]->failures;
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        failures += indexes[i]->failures;
    if (failures == t->memory_failures)
        return;
    t->memory_failures = failures;
    t->capture.memory_out_us = t->capture.last_us;
}

bool memory_out_concerns(const struct tracker *t, int64_t first_us)
{
    return capture_lacked_memory(&t->capture, first_us);
}
