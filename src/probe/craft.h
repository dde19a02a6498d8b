/* A shot to a packet on its way: libnet builds it, whole from the IP header on. */
#ifndef PROBE_CRAFT_H
#define PROBE_CRAFT_H

#include <sshsniff/probe.h>
#include <sshsniff/source.h>

struct gun; /* opaque: a raw socket and libnet's state */

/* NULL with one line in `error`; `denied` tells that only the privilege is missing. */
struct gun *gun_open(const struct address *source, const struct address *target, uint32_t scope, bool *denied,
                     char error[PROBE_ERROR_SIZE]);
void gun_close(struct gun *gun);

/* `frame`: a packet of the gun's own on its way out. Where it left with an Ethernet header, fragments go out in the
 * same way, by `descriptor` of the capture: this machine's own connection tracking would gather and keep them. */
void gun_learn(struct gun *gun, const struct frame *frame, int descriptor);

/* `index` is the shot's place in the table, `host_hop` where the target is (for the timestamp option). False where
 * sending failed; errno tells why. */
bool gun_fire(struct gun *gun, const struct shot *shot, unsigned index, unsigned host_hop);

#endif
