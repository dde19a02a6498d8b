/* Servers seen only as a SYN's target: nothing is known of them but one compact SYN record. Most that a scan or a flood
 * looks for are met once, so no host is made of them, and the attempt is found by its server's address alone. When
 * anything else comes from that address, or for it, the server is promoted: its host is made, with the same facts as if
 * it had been there from the start, and the attempt is found by its four-tuple like all others. */
#ifndef TRACK_FAST_SYN_ONLY_H
#define TRACK_FAST_SYN_ONLY_H

#include "compact_syn.h"

/* Of an attempt with a SYN for a server that is no host yet; `hash` is that address's. False, and nothing is done,
 * where its host has to be made at once. */
bool syn_only_add(struct tracker *t, struct compact_syn *c, const struct address *server, uint32_t hash);

/* The attempt of which a quick parse may be the next packet: `syn`, from its client again, or else its server's RST.
 * For another packet of that server, the server is promoted. */
struct compact_syn *syn_only_match(struct tracker *t, const struct quick *quick, uint32_t server_hash, bool syn);

/* Promotes the record's server. Its host; NULL where it is none of these, or memory is out. */
struct host *syn_only_promote(struct tracker *t, struct compact_syn *c);
/* The same for whichever of these servers has this address. */
void syn_only_promote_at(struct tracker *t, const struct address *address, uint32_t hash);
/* For struct hosts: promotes the server of the record with this id if it has this address. */
struct host *syn_only_as_host(void *tracker, uint32_t id, const struct address *address);

/* Forgets such a server without a trace. */
void syn_only_remove(struct tracker *t, struct compact_syn *c);

#endif
