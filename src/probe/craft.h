/* A shot to a packet on its way: libnet builds it, whole from the IP header on. */
#ifndef PROBE_CRAFT_H
#define PROBE_CRAFT_H

#include <sshsniff/capture.h>
#include <sshsniff/probe.h>

struct sender; /* opaque: a raw socket and libnet's state */

/* NULL with one line in `error`; `denied` tells that only the privilege is missing. */
struct sender *sender_open(const struct address *source, const struct address *target, uint32_t scope, bool *denied,
                           char error[PROBE_ERROR_SIZE]);
void sender_close(struct sender *sender);

/* `frame`: a packet of the gun's own on its way out. Where it left with an Ethernet header, fragments go out in the
 * same way, by `descriptor` of the capture: this machine's own connection tracking would gather and keep them. */
void sender_learn(struct sender *sender, const struct frame *frame, int descriptor);

/* `index` is the shot's place in the table, `host_hop` where the target is (for the timestamp option). False where
 * sending failed; errno tells why. */
bool sender_send(struct sender *sender, const struct probe_packet *probe_packet, unsigned index, unsigned host_hop);

#endif
