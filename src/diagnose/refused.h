/* What the files share that judge a RST that answers a SYN. */
#ifndef DIAGNOSE_REFUSED_H
#define DIAGNOSE_REFUSED_H

#include "evidence.h"

static inline const struct mark *rst(const struct view *v)
{
    return &v->answer->refusal;
}

/* refused_marks.c and refused_distance.c. */
extern const struct evidence_rows refused_marks, refused_distance;

#endif
