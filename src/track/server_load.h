/* The connections of each server, and what else went on there when an attempt was accepted or rejected. */
#ifndef TRACK_SERVER_LOAD_H
#define TRACK_SERVER_LOAD_H

#include "state.h"

/* Join with a connection, leave before it goes. */
void load_join(struct tracker *t, struct entry *entry);
void load_leave(struct tracker *t, struct entry *entry);
/* Fills the load of the entry's answer. */
void load_count(struct tracker *t, struct entry *entry, uint64_t number);

#endif
