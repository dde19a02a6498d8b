#ifndef TRACK_LEG_SEGMENTS_H
#define TRACK_LEG_SEGMENTS_H

#include "state.h"

/* A segment whose four-tuple is no attempt's: true where it is a leg's (legs.h). A SYN may become an attempt's next leg
 * by this, or show that a leg's four-tuple is used anew. */
bool leg_takes(struct tracker *t, const struct packet *packet);

/* The latest SYN with this sequence number; false: none that is still remembered. */
bool recent_syn(const struct tracker *t, uint32_t seq, struct syn_trait *out);

#endif
