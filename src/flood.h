/* Live: of attempts that are alike only so many a second are told of one by one, and the others of that second in one
 * line. A flood of SYNs from random sources would cost a line for each else, here and wherever the lines go. */
#ifndef FLOOD_H
#define FLOOD_H

#include <sshsniff/report.h>

#include "memory.h"

struct flood_row {
    uint64_t told; /* one by one, in this second */
    struct crowded crowded;
};

/* All zero but for `most`: nothing has come yet. */
struct flood {
    uint64_t most; /* a second; 0: all of them */
    int64_t until_us;
    struct flood_row row[REMEMBERED]; /* as in struct memory */
};

/* True where this one is counted with others, and is not to be told of. `slot` is where its likeness is remembered. */
bool flood_takes(struct flood *flood, size_t slot, const struct outline *outline, enum cause cause);

/* Writes what was counted where its second is over, or `all` of it. */
void flood_tell(struct flood *flood, int64_t now_us, bool all, struct report *report, const char *source);

#endif
