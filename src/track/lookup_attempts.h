/* What names and neighbours have in common: who asks, and how a failed lookup is handed over as an attempt. */
#ifndef TRACK_LOOKUP_ATTEMPTS_H
#define TRACK_LOOKUP_ATTEMPTS_H

#include "state.h"

/* The host of one that asks: from here on its packets are counted. NULL: there are too many such. Others may be
 * forgotten for it. */
struct host *asker_meet(struct tracker *t, const struct address *asker, int64_t now_us);

/* The capture holds nothing of it but SSH, questions for names, and searches for neighbours. */
bool asker_is_quiet(const struct host *asker);

/* `server` is NULL where a name did not resolve. */
void lookup_hand_over(struct tracker *t, const struct lookup *lookup, const struct address *client,
                      const struct address *server, int64_t until_us);

#endif
