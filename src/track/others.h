/* Names and neighbours that failed and are no attempts: counted once each, in bounded memory. */
#ifndef TRACK_OTHERS_H
#define TRACK_OTHERS_H

#include <sshsniff/tracker.h>

#include "base/keyed_hash.h"

enum { DISTINCT_MOST = 1024 }; /* beyond that many, each that comes is taken for a new one */

struct distinct {
    uint32_t hash[2 * DISTINCT_MOST]; /* open addressing; 0: free */
    uint32_t used;
};

struct others {
    struct other_lookups lookups;
    struct distinct names, neighbours;
};

/* Both are kept only if they are new and among the first. */
void others_note_name(struct others *others, const char *name, const struct hash_key *key);
void others_note_neighbour(struct others *others, const struct address *neighbour, const struct hash_key *key);

#endif
