/* Which packet goes where. */
#ifndef TRACK_DISPATCH_H
#define TRACK_DISPATCH_H

#include "state.h"

/* Takes one decoded packet. True where it belongs to an SSH attempt, or helps to judge one. */
bool dispatch_packet(struct tracker *t, const struct packet *packet);

#endif
