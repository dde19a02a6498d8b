/* Sure verdicts that contradict a label, counted by what was done to the capture; shared by all worker processes. */
#ifndef HOSTILE_TALLY_H
#define HOSTILE_TALLY_H

#include <sshsniff/verdict.h>

#include "capture.h"
#include "pipeline.h"

enum damage {
    DAMAGE_NONE = 0,
    DAMAGE_PREFIX,
    DAMAGE_CUT,
    DAMAGE_DROPPED,
    DAMAGE_DUPLICATED,
    DAMAGE_REORDERED,
    DAMAGES
};

struct tally {
    unsigned runs[DAMAGES], verdicts[DAMAGES], sure[DAMAGES];
    unsigned wrong[DAMAGES][CAUSE_COUNT][CAUSE_COUNT];      /* [label][verdict], at a confidence over 0.9 */
    unsigned wrong_here[DAMAGES][CAUSE_COUNT][CAUSE_COUNT]; /* captures in which that happened */
    char example[DAMAGES][CAUSE_COUNT][CAUSE_COUNT][80];
    unsigned long failures, checks, files, failed_files; /* captures without and with a failure */
};

extern struct tally *tally;

void tally_make(void);
/* Holds what was given against the labels; `what` names the case. */
void tally_take(enum damage damage, const struct capture *capture, const struct pipeline *p, const char *what);
void tally_print(void);

#endif
