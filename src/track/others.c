#include "others.h"

#include <string.h>

static bool is_new(struct distinct *seen, uint64_t hash)
{
    const uint32_t key = (uint32_t)hash ? (uint32_t)hash : 1;
    uint32_t at = (uint32_t)(hash >> 32) % (2 * DISTINCT_MOST);
    while (seen->hash[at] && seen->hash[at] != key)
        at = (at + 1) % (2 * DISTINCT_MOST);
    if (seen->hash[at] == key)
        return false;
    if (seen->used < DISTINCT_MOST) {
        seen->hash[at] = key;
        seen->used++;
    }
    return true;
}

void others_note_name(struct others *others, const char *name, const struct hash_key *key)
{
    struct other_lookups *l = &others->lookups;
    if (!is_new(&others->names, hash_bytes(name, strlen(name), key)))
        return;
    l->names++;
    if (l->names_kept < OTHERS_KEPT)
        memcpy(l->name[l->names_kept++], name, strlen(name) + 1);
}

void others_note_neighbour(struct others *others, const struct address *neighbour, const struct hash_key *key)
{
    struct other_lookups *l = &others->lookups;
    if (!is_new(&others->neighbours, hash_bytes(neighbour, sizeof *neighbour, key)))
        return;
    l->neighbours++;
    if (l->neighbours_kept < OTHERS_KEPT)
        l->neighbour[l->neighbours_kept++] = *neighbour;
}

void other_lookups_add(struct other_lookups *sum, const struct other_lookups *more)
{
    sum->names += more->names;
    sum->neighbours += more->neighbours;
    for (uint32_t i = 0; i < more->names_kept && sum->names_kept < OTHERS_KEPT; i++)
        memcpy(sum->name[sum->names_kept++], more->name[i], sizeof more->name[i]);
    for (uint32_t i = 0; i < more->neighbours_kept && sum->neighbours_kept < OTHERS_KEPT; i++)
        sum->neighbour[sum->neighbours_kept++] = more->neighbour[i];
}
