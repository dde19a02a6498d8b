/* RSTs without ACK that answer a SYN: a client that waits for its SYN-ACK ignores them (RFC 9293 section 3.10.7.3). */
#ifndef TRACK_BARE_RST_H
#define TRACK_BARE_RST_H

#include "life.h"

/* Records one of the server's; false where more than the SYN is known already, so that it ends a connection. */
bool bare_rst_take(struct tracker *t, struct entry *entry, const struct packet *packet);

/* The SYN's acceptance shows: what was recorded before was the end of a connection, or meant to be. */
void bare_rst_take_back(struct tracker *t, struct entry *entry);

#endif
