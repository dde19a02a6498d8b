#include "verdict_cache.h"

#include <string.h>

static size_t slot_of(const struct evidence_key *key)
{
    return (size_t)(key->hash % CACHED_VERDICTS);
}

/* Most are the same: so all words are looked at, and no branch depends on one. */
static bool same_key(const struct evidence_key *a, const struct evidence_key *b)
{
    uint64_t different = (a->hash ^ b->hash) | (a->count ^ b->count);
    if (different)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        different |= a->word[i] ^ b->word[i];
    return !different;
}

const struct cached_verdict *verdict_cache_find(const struct verdict_cache *cache, const struct evidence_key *key)
{
    const struct cached_verdict *slot = &cache->slot[slot_of(key)];
    return slot->used && same_key(&slot->key, key) ? slot : NULL;
}

void verdict_cache_add(struct verdict_cache *cache, const struct case_file *file, const struct verdict *verdict,
                       const struct report *report, const char *source)
{
    if (verdict_cache_find(cache, file->evidence_key))
        return;
    struct cached_verdict *slot = &cache->slot[slot_of(file->evidence_key)];
    slot->used = cache->used = true;
    slot->key = *file->evidence_key;
    slot->cause = verdict->cause;
    slot->has_template = report_template(report, file, verdict, source, &slot->template);
}

void verdict_cache_clear(struct verdict_cache *cache)
{
    if (cache->used)
        memset(cache, 0, sizeof *cache);
}
