/* The same evidence gives the same verdict: causes that were found, by the likeness of what they were found for. */
#ifndef MEMORY_H
#define MEMORY_H

#include <sshsniff/diagnose.h>
#include <sshsniff/track.h>

enum { REMEMBERED = 256 };

/* All zero: nothing is remembered. A newer one takes the place of an older one. */
struct memory {
    struct remembered {
        struct likeness likeness;
        enum cause cause;
        bool used;
    } slot[REMEMBERED];
};

/* False where it is not remembered. */
bool memory_recall(const struct memory *memory, const struct likeness *likeness, enum cause *cause);
void memory_keep(struct memory *memory, const struct likeness *likeness, enum cause cause);

#endif
