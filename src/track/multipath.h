/* Multipath TCP (RFC 8684): one session's bytes on several connections. A sub-flow is no attempt of its own; what it
 * carries goes into the dialogue of the session that it belongs to. */
#ifndef TRACK_MULTIPATH_H
#define TRACK_MULTIPATH_H

#include "state.h"

/* The SYN of a sub-flow: marks its attempt, and counts it at its session if that is known. */
void multipath_join(struct tracker *t, struct entry *entry, const struct packet *syn);

/* A SYN-ACK by which the server agrees to use several sub-flows: marks the attempt. */
void multipath_agree(struct tracker *t, struct entry *entry, const struct packet *synack);

/* The session to which a segment's payload belongs: `entry` itself where it is no sub-flow, NULL where that is not
 * known, or has not said anything yet: a session begins on its first connection. */
struct entry *multipath_session(struct tracker *t, struct entry *entry);

/* Gives a payload segment the sequence number that it would have if all of the session had gone by one connection.
 * `flow` is the connection that carries it, `isn` the session's. False where no mapping
 * tells its place. */
bool multipath_place(struct dialogue_entry *session, struct entry *flow, enum side side, uint32_t isn,
                     struct packet *packet);

#endif
