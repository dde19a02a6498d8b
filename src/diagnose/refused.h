/* What the files share that judge a RST that answers a SYN. */
#ifndef DIAGNOSE_REFUSED_H
#define DIAGNOSE_REFUSED_H

#include "evidence.h"

static inline const struct mark *rst(const struct view *v)
{
    return &v->answer->refusal;
}

/* The port had accepted a connection before the RST that answers this SYN. */
bool accepted_before_refusal(const struct view *v);

/* refused_marks.c, refused_distance.c and refused_meanwhile.c. */
extern const struct evidence_rows refused_marks, refused_distance, refused_meanwhile;

#endif
