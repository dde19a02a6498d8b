#include "verdict_cache.h"

#include <string.h>

static size_t slot_of(const struct evidence_key *evidence_key)
{
    /* Fibonacci hashing: the upper bits are the mixed ones. */
    uint64_t mixed =
        (evidence_key->word[0] ^ evidence_key->word[1] << 29 ^ evidence_key->word[1] >> 35) * 0x9e3779b97f4a7c15ULL;
    return (size_t)(mixed >> 56) % CACHED_VERDICTS;
}

const struct cached_verdict *verdict_cache_find(const struct cache *cache, const struct evidence_key *evidence_key)
{
    const struct cached_verdict *slot = &cache->slot[slot_of(evidence_key)];
    bool same = slot->used && slot->evidence_key.word[0] == evidence_key->word[0] &&
                slot->evidence_key.word[1] == evidence_key->word[1];
    return same ? slot : NULL;
}

void verdict_cache_add(struct cache *cache, const struct case_file *file, const struct verdict *verdict,
                       const struct report *report, const char *source)
{
    if (verdict_cache_find(cache, file->evidence_key))
        return;
    struct cached_verdict *slot = &cache->slot[slot_of(file->evidence_key)];
    slot->used = cache->used = true;
    slot->evidence_key = *file->evidence_key;
    slot->cause = verdict->cause;
    slot->has_template = report_template(report, file, verdict, source, &slot->template);
}

void verdict_cache_clear(struct cache *cache)
{
    if (cache->used)
        memset(cache, 0, sizeof *cache);
}
