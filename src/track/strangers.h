/* Strangers: servers of which nothing was seen but one attempt in brief. Most that a scan or a flood looks for are met
 * once, so no host is made of them, and the attempt is found by its server's address alone. Whatever else comes from
 * that address, or for it, wakes the stranger: its host is made, with the same facts as if it had been there from the
 * start, and the attempt is found by its four-tuple like all others. */
#ifndef TRACK_STRANGERS_H
#define TRACK_STRANGERS_H

#include "brief.h"

/* Of an attempt with a SYN for a server that is no host yet; `hash` is its address's. False, and nothing is done, where
 * its host has to be made at once. */
bool strangers_add(struct tracker *t, struct brief *b, const struct address *server, uint64_t hash);

/* The attempt of which a glance may be the next packet: `syn`, from its client again, or else its server's RST. Another
 * one of that server is woken. */
struct brief *strangers_expect(struct tracker *t, const struct glance *glance, uint64_t server_hash, bool syn);

/* If `b` is a stranger's, it is one no longer. The server's host, or NULL when memory is out. */
struct host *strangers_wake(struct tracker *t, struct brief *b);
/* The same for whichever stranger has this address. */
void strangers_wake_at(struct tracker *t, const struct address *address, uint64_t hash);
/* For struct hosts: wakes the stranger of this id if it has this address. */
struct host *strangers_answer(void *tracker, uint32_t id, const struct address *address);

/* Forgets a stranger without a trace. */
void strangers_remove(struct tracker *t, struct brief *b);

#endif
