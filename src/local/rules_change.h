/* The packet that is followed, from the client's SYN to what answers it, and what changes of it on the way. */
#ifndef LOCAL_RULES_CHANGE_H
#define LOCAL_RULES_CHANGE_H

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

/* A SYN of that kind: a client's to this machine. Interfaces are the caller's to fill in. */
struct rules_packet rules_syn(const struct local_question *question, const struct rules_machine *machine);

/* Whether an address is this machine's. */
enum rules_truth rules_is_own(const struct rules_machine *machine, const struct address *address);

/* The interface behind which a network of this machine holds an address. */
void rules_behind(const struct rules_machine *machine, const struct address *address, struct rules_interface *out);

/* What a rule that translates makes of the destination. `sure`: the rule is certain to be met. */
void rules_translate(struct rules_packet *packet, const struct rules_machine *machine, const struct rules_step *step,
                     bool sure);

/* Marks that a rule sets, and notrack. */
void rules_change(struct rules_packet *packet, const struct rules_step *step, bool sure);

/* Conntrack looks at a packet at one priority of the first IP hook: rules before it see no state, which they call
 * invalid, and may say that it is not to look. */
void rules_track(struct rules_packet *packet, enum rules_hook hook, int priority);

/* The packet becomes what answers it. */
void rules_turn(struct rules_packet *packet);

#endif
