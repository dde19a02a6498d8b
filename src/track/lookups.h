/* Attempts that never came to a SYN: a name that did not resolve, a neighbour that did not answer. Most names and
 * neighbours that fail are not somebody's login: see docs/facts.md, "Names and neighbours". */
#ifndef TRACK_LOOKUPS_H
#define TRACK_LOOKUPS_H

#include "state.h"

/* These return true where the packet may help to judge an attempt. */
bool track_dns(struct tracker *t, const struct packet *packet);
/* An ICMP error that quotes UDP: it may answer a question for a name. */
bool track_dns_error(struct tracker *t, const struct packet *packet);
bool track_neighbour(struct tracker *t, const struct packet *packet);

/* How long the client's name lookup that ended just before `syn_us` took, microseconds; 0: none was seen. */
uint32_t lookup_before(const struct tracker *t, const struct address *client, int64_t syn_us);

/* Hands over the lookups that have failed by `now_us`; `all`: the capture is over, nothing more will come. */
void names_finish(struct tracker *t, int64_t now_us, bool all);
void searches_finish(struct tracker *t, int64_t now_us, bool all);

#endif
