/* Rivals: two attempts of one four-tuple, of which one may be forged.
 *
 * A kernel does not use a four-tuple again with another sequence number while its first SYN waits for an answer or its
 * connection is open (RFC 9293 section 3.4.3, RFC 6056 section 3). So where a second SYN comes by then, or one that
 * another stack made, anybody may have sent either. Both are kept as attempts, and each packet goes to the one whose
 * numbers it fits. That one whose client goes on is true; one that is left with its first SYN was forged, is noted as
 * such on the other and told of no more. Where nothing tells them apart, neither is believed much. */
#ifndef TRACK_RIVALS_H
#define TRACK_RIVALS_H

#include "state.h"

/* Whether this SYN may be forged, or that of the attempt which was there before. */
bool rivals_may_be(const struct attempt *before, const struct packet *syn);
/* `before` is the id of an entry whose SYN was frame `syn_number`; it may be gone since. */
void rivals_join(struct tracker *t, uint32_t before, uint64_t syn_number, struct entry *now);
/* Of an entry and its rival, that which has less to show: it makes place for a third. NULL: there is no rival. */
struct entry *rivals_less_shown(struct tracker *t, struct entry *entry, const struct packet *syn);

/* NULL: it has none. */
struct entry *rivals_other(struct tracker *t, const struct entry *entry);
/* Of an entry and its rival, if it has one, that to which the packet belongs. */
struct entry *rivals_of_segment(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet);
struct entry *rivals_of_quote(struct tracker *t, struct entry *entry, const struct packet *error);
struct entry *rivals_of_syn(struct tracker *t, struct entry *entry, uint32_t seq);

/* Before it is handed over. False: it was forged, and is not to be told of. */
bool rivals_settle(struct tracker *t, struct entry *entry);
/* Before it is dropped. */
void rivals_part(struct tracker *t, struct entry *entry);

#endif
