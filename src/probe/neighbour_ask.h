/* Asks who has the target's address, where it is on a network of this machine's own: the kernel asks once and believes
 * the first answer; here all that answer count. A part of the process that sends. */
#ifndef PROBE_NEIGHBOUR_ASK_H
#define PROBE_NEIGHBOUR_ASK_H

#include <stdint.h>

#include <sshsniff/address.h>

struct neighbour_ask {
    int fd; /* -1: there is nobody to ask */
    unsigned ifindex;
    uint8_t own_mac[6];
    struct address source, target;
};

/* Needs the privilege that raw sockets need. Where the link is no Ethernet, nothing is asked. */
void neighbour_ask_open(struct neighbour_ask *ask, const struct address *source, const struct address *target,
                        unsigned ifindex);
/* One request. */
void neighbour_ask_send(const struct neighbour_ask *ask);

#endif
