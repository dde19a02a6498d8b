/* The way of a packet through the rules, in the kernel's order: hooks, base chains by their priority, jumps and
 * returns. A condition that cannot be followed is taken both ways: whatever may decide is named, and nothing is certain
 * after it.
 */
#ifndef LOCAL_RULES_WALK_H
#define LOCAL_RULES_WALK_H

#include "local/rules_change.h"

/* Walks the SYN, and where it passes what answers it. `question` has a client. Fills in all of `out` but `state`,
 * `generation` and `read_us`. `packet` is the SYN as it comes in (or, with `out.none` false, goes out). */
void rules_walk(struct ruleset *set, const struct rules_machine *machine, const struct rules_packet *packet,
                struct local_rules *out);

#endif
