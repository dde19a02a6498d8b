/* What the files share that judge an attempt whose SYN was accepted, and that no banner followed. */
#ifndef DIAGNOSE_ACCEPTED_H
#define DIAGNOSE_ACCEPTED_H

#include "evidence.h"

/* A program's close is a FIN, or a RST that acknowledges; a bare RST is a kernel that knows no such connection, or a
 * forger. */
bool program_closed(const struct view *v);

/* The client's SYN is an ordinary kernel's, which had a socket for it, and its bare RST says that it has none: its
 * program left within a round trip, or a RST that is not here took the socket away. */
bool reset_unexplained(const struct view *v);

/* accepted_handshake.c: a SYN-ACK that no connection followed. accepted_limits.c: connections turned away for their
 * number or their sender. accepted_other.c: something else than SSH was said. */
extern const struct evidence_rows handshake_rows, limit_rows, other_protocol_rows;

#endif
