/* The same evidence gives the same verdict: what was found, and what is written of it, by the likeness of what it was
 * found for. */
#ifndef MEMORY_H
#define MEMORY_H

#include <sshsniff/diagnose.h>
#include <sshsniff/report.h>
#include <sshsniff/track.h>

struct remembered {
    struct likeness likeness;
    bool used;
    enum cause cause;
    bool phrased; /* `phrase` is set */
    struct phrase phrase;
};

enum { REMEMBERED = 256 };

/* All zero: nothing is remembered. A newer one takes the place of an older one. */
struct memory {
    bool used; /* something is */
    struct remembered slot[REMEMBERED];
};

/* NULL where it is not remembered. */
const struct remembered *memory_recall(const struct memory *memory, const struct likeness *likeness);
/* `source` as in report_phrase, the same for all that one memory is asked for; NULL where no phrase is wanted. */
void memory_keep(struct memory *memory, const struct case_file *file, const struct verdict *verdict,
                 const char *source);
/* Most captures leave nothing in it: then its pages are not touched, which costs more than a small capture. */
void memory_forget(struct memory *memory);

#endif
