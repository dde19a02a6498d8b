/* Answers to a SYN that its client cannot take.
 *
 * A SYN-ACK or a RST from another address than was asked: a NAT sends the SYN on and does not see the answer to
 * translate it back (hairpin NAT), or a balancer's servers answer with their own address. By port and number it is
 * the SYN's.
 *
 * A segment of another connection with the same four-tuple: the server, or a box that keeps state, still holds one, and
 * answers the SYN with a bare ACK of that one's numbers (RFC 5961 section 4.2). */
#ifndef TRACK_USELESS_ANSWERS_H
#define TRACK_USELESS_ANSWERS_H

#include "state.h"

/* A segment whose four-tuple is no attempt's: true where it answers another attempt's SYN, or is its client's RST for
 * such an answer. */
bool misaddressed_takes(struct tracker *t, const struct packet *packet);

/* The same of a segment that is a leg's (legs.h): the SYN was seen on its further way. */
void misaddressed_on_leg(struct tracker *t, const struct packet *packet);

/* A segment of this attempt's four-tuple: true where it belongs to an older connection than this SYN's, or is the
 * client's RST for one that did. */
bool stale_takes(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet);

#endif
