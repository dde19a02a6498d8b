/* The way of a packet through the rules, in the kernel's order: hooks, base chains by their priority, jumps and
 * returns. A condition that cannot be followed is taken both ways: whatever may decide is named, and nothing is certain
 * after it.
 */
#ifndef LOCAL_RULES_WALK_H
#define LOCAL_RULES_WALK_H

#include "local/rules_model.h"
#include "local/rules_packet.h"

enum { RULES_ADDRESSES = 64 };

/* An address of this machine, and the network behind it. */
struct rules_own_address {
    struct address address;
    unsigned prefix; /* bits, of 128 */
    char interface[16];
};

/* What of this machine a walk needs to know. */
struct rules_machine {
    struct rules_own_address own[RULES_ADDRESSES];
    unsigned addresses;
    bool more_addresses;
    bool iptables_is_legacy; /* the command's own name means the older kind */
};

/* Walks the SYN, and where it passes what answers it. `question` has a client. Fills in all of `out` but `state`,
 * `generation` and `read_us`. `packet` is the SYN as it comes in (or, with `out.none` false, goes out). */
void rules_walk(struct ruleset *set, const struct rules_machine *machine, const struct rules_packet *packet,
                struct local_rules *out);

/* A SYN of that kind: a client's to this machine. Interfaces are the caller's to fill in. */
struct rules_packet rules_syn(const struct local_question *question, const struct rules_machine *machine);

/* Whether an address is this machine's. */
enum rules_truth rules_is_own(const struct rules_machine *machine, const struct address *address);

#endif
