/* What the rows share that ask whether one machine answers for the server's address. */
#ifndef DIAGNOSE_IDENTITY_H
#define DIAGNOSE_IDENTITY_H

#include "evidence.h"

/* A MAC address as a finding's value, for the slot {0m}. */
uint64_t mac_value(const uint8_t *mac);

/* Two MAC addresses of one maker, a few numbers apart: most likely two interfaces of one machine. */
bool macs_are_neighbours(const uint8_t *a, const uint8_t *b);

/* Two machines use the server's address, as far as ARP, neighbour discovery or this connection's own packets show it.
 * `macs`: NULL, or takes the two. */
bool address_is_disputed(const struct view *v, const uint8_t *macs[2]);

/* Another machine than this attempt met greeted at the server's address, before it or after: a new network card, a
 * fail-over, or two machines. No cause is sure then. */
bool machine_is_new(const struct view *v);

/* Two MAC addresses answer for the server's address, and neither has greeted anybody: two machines, or one that has two
 * interfaces on this network (ip-sysctl arp_ignore 0, the default). */
bool may_be_one_machine(const struct view *v);

/* The RST that answers the SYN came from a MAC address that claims the server's address on this network. */
bool refused_by_claimant(const struct view *v);

/* The RST that answers the SYN came from another MAC address than all that the host sent. */
bool refused_from_new_mac(const struct view *v);

/* conflict.c: two machines have the address. intercepted.c: somebody on the way answers in the server's place. */
extern const struct evidence_rows conflict_rows, intercepted_rows;

#endif
