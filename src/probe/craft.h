/* A shot to a packet on its way: libnet builds it, whole from the IP header on. */
#ifndef PROBE_CRAFT_H
#define PROBE_CRAFT_H

#include <sshsniff/probe.h>

struct gun; /* opaque: a raw socket and libnet's state */

/* NULL with one line in `error`; `denied` tells that only the privilege is missing. */
struct gun *gun_open(const struct address *source, const struct address *target, uint32_t scope, bool *denied,
                     char error[PROBE_ERROR_SIZE]);
void gun_close(struct gun *gun);

/* `index` is the shot's place in the table, `host_hop` where the target is (for the timestamp option). False where
 * sending failed; errno tells why. */
bool gun_fire(struct gun *gun, const struct shot *shot, unsigned index, unsigned host_hop);

#endif
