#include "memory_out.h"

void memory_out_count(struct tracker *t)
{
    struct pool *const pools[] = {&t->entries,  &t->answers, &t->connections, &t->dialogues,     &t->compacts,
                                  &t->refusals, &t->tails,   &t->hosts.pool,  &t->histories.pool};
    struct index *const indexes[] = {&t->index, &t->hosts.index, &t->histories.index};
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        pools[i]->failures = &t->memory_failures;
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        indexes[i]->failures = &t->memory_failures;
    t->streams.failures = &t->memory_failures;
}

void memory_out_note(struct tracker *t)
{
    if (t->memory_failures == t->memory_failures_noted)
        return;
    t->memory_failures_noted = t->memory_failures;
    t->capture.memory_out_us = t->capture.last_us;
}

bool memory_out_concerns(const struct tracker *t, int64_t first_us)
{
    return capture_lacked_memory(&t->capture, first_us);
}
