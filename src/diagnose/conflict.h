/* What the files on two machines with one address share. conflict.c: who claims it; conflict_met.c: who was met at it;
 * two_macs.c: whether two MAC addresses are two machines. */
#ifndef DIAGNOSE_CONFLICT_H
#define DIAGNOSE_CONFLICT_H

#include "identity.h"

/* A login that went through, a health check, a banner grab: nothing failed for want of one machine. */
bool went_well(const struct view *v);

/* What was sent to one of the two was answered from the other, in this attempt or another. */
bool answers_cross(const struct view *v, const uint8_t *a, const uint8_t *b);

/* The part of a weight that is left where two MAC addresses may be one machine's, and where the client had come so far
 * that another machine than the usual is less likely. `meanwhile`: the other turned up during this connection. */
float part_of(const struct view *v, const uint8_t *a, const uint8_t *b, bool meanwhile);

/* What answered the SYN; NULL: nothing did. */
const struct mark *answer_of(const struct view *v);

/* Tests of rows: the attempt met another machine than connections before and after it; than those before it, or after
 * it; that other machine has another host key; it met the machine that greets. */
bool asks_other(const struct view *v, struct finding *f);
bool asks_new(const struct view *v, struct finding *f);
bool second_host_key(const struct view *v, struct finding *f);
bool met_the_usual(const struct view *v, struct finding *f);

#endif
