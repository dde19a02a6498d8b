/* Names and neighbours that failed and are no attempts: counted once each, in bounded memory. */
#ifndef TRACK_OTHERS_H
#define TRACK_OTHERS_H

#include <sshsniff/tracker.h>

enum { DISTINCT_MOST = 1024 }; /* beyond that many, each that comes is taken for a new one */

struct distinct {
    uint32_t hash[2 * DISTINCT_MOST]; /* open addressing; 0: free */
    uint32_t used;
};

struct others {
    struct other_lookups lookups;
    struct distinct names, neighbours;
};

/* `hash` is that of the name or the address; both are kept only if they are new and among the first. */
void others_note_name(struct others *others, const char *name, uint64_t hash);
void others_note_neighbour(struct others *others, const struct address *neighbour, uint64_t hash);

#endif
