/* Sets of ipset, as `ipset save` lists them. */
#ifndef LOCAL_RULES_IPSET_H
#define LOCAL_RULES_IPSET_H

#include "local/rules_value.h"

/* Adds the sets of a text; its bytes are changed, and the ruleset points into them for as long as it lives. False: no
 * memory, or it makes no sense. */
bool rules_ipset_read(struct ruleset *set, char *text);

/* Whether a packet is in a set; `directions` are iptables' ("src", "dst,dst"). */
struct rules_found rules_ipset_find(struct ruleset *set, const char *name, const char *directions,
                                    const struct rules_packet *packet, struct rules_work *work);

#endif
