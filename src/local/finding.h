/* What keeps SSH, or one client, from getting in: conclusions from struct local_facts, the likeliest first. Pure
 * functions: no clock but the facts' own, no I/O. */
#ifndef LOCAL_FINDING_H
#define LOCAL_FINDING_H

#include "finding_text.h"

/* Fills `out`, and returns how many there are: at least one, which may be LOCAL_NOTHING_FOUND. */
unsigned local_find(const struct local_facts *facts, struct local_finding out[LOCAL_FINDINGS]);

/* The name of a kind in JSON. */
const char *local_finding_name(enum local_finding_kind kind);

#endif
