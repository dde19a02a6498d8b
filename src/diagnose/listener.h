/* A server that closes its listening socket resets at once all connections that wait in its queue, and refuses what
 * comes later. A full queue refuses no SYN. */
#ifndef DIAGNOSE_LISTENER_H
#define DIAGNOSE_LISTENER_H

#include "evidence.h"

/* The server reset this connection before it said a word, and refused others within seconds of that. */
bool listener_was_closed(const struct view *v);

/* For connections that were accepted, and that no banner followed. */
extern const struct evidence_rows listener_rows;

#endif
