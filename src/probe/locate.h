/* How a row looks that says which machine made it fail. */
#ifndef PROBE_LOCATE_H
#define PROBE_LOCATE_H

#include "judge_rows.h"

/* Of a table the first row counts whose test says yes; its last one always does. */
struct probe_place {
    bool (*test)(const struct reading *r);
    enum where where;
    double confidence;
    unsigned (*hop)(const struct reading *r);                         /* NULL: not known, or none */
    void (*tell)(const struct reading *r, struct probe_verdict *out); /* what else is to be said; NULL: nothing */
    const char *source;
};

/* places.c */

bool place_always(const struct reading *r);
unsigned hop_of_host(const struct reading *r);

/* Writes the note. */
__attribute__((format(printf, 2, 3))) void place_note(struct probe_verdict *out, const char *format, ...);

/* locate_silence.c */
extern const struct probe_place place_of_silence[];

#endif
