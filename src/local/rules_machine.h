/* This machine's addresses, and by which interface a client's SYN comes. */
#ifndef LOCAL_RULES_MACHINE_H
#define LOCAL_RULES_MACHINE_H

#include "local/rules_walk.h"

void rules_machine_read(struct rules_machine *machine);

/* The SYN of a question: where it leaves the interface open, that of the route to the client is assumed, and the
 * machine's one address where it has no other. A client that is this machine itself sends it out, as the user asked
 * for.
 */
struct rules_packet rules_machine_syn(const struct rules_machine *machine, const struct local_question *question);

#endif
