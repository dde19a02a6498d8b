/* A SYN, and what answers it: a SYN-ACK or a RST. Each returns what happened, of enum attempt_event. */
#ifndef TRACK_HANDSHAKE_H
#define TRACK_HANDSHAKE_H

#include "life.h"

/* `entry` is NULL where its four-tuple is not known; it may be replaced by a new one. */
unsigned handshake_syn(struct tracker *t, struct entry **entry, const struct packet *packet);
unsigned handshake_synack(struct tracker *t, struct entry *entry, const struct packet *packet);
unsigned handshake_refusal(struct tracker *t, struct entry *entry, const struct packet *packet);

#endif
