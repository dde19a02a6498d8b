/* Which SYNs left this machine by an interface: the kernel's word. A frame that came in can have any source, this
 * machine's own MAC address too, and a capture of Ethernet does not tell the two apart. */
#ifndef HELPER_SENT_SYNS_H
#define HELPER_SENT_SYNS_H

#include <sshsniff/attempt.h>

struct sent_syns; /* opaque */

/* With the rights of a capture. NULL with one line in `error`. */
struct sent_syns *sent_syns_open(const char *interface, char error[256]);

/* Takes note of those that left meanwhile; to be called now and then. */
void sent_syns_look(struct sent_syns *sent);

/* Did such a SYN leave lately? */
bool sent_syns_has(struct sent_syns *sent, const struct flow_key *key);

void sent_syns_close(struct sent_syns *sent);

#endif
