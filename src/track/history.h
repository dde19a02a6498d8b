/* What an attempt adds to the history of its client at its server, each thing once. */
#ifndef TRACK_HISTORY_H
#define TRACK_HISTORY_H

#include "state.h"

/* Gives a new attempt its history. */
void history_start(struct tracker *t, struct entry *entry);
/* `what`: COUNTED_ACCEPTED or COUNTED_BANNER. */
void history_count(struct tracker *t, struct entry *entry, enum counted what);
/* The login went through. */
void history_session(struct tracker *t, struct entry *entry);
/* The connection is over, or its client comes again: without a session it was a failed login. */
void history_login(struct tracker *t, struct entry *entry);
void history_end(struct tracker *t, struct entry *entry);

/* True once the login is known to have gone through. Costs a reading of the login until then. */
bool entry_is_logged_in(const struct entry *entry);

#endif
