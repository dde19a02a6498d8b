/* Asks who has the target's address, where it is on a network of this machine's own: the kernel asks once and believes
 * the first answer; here all that answer count. */
#ifndef PROBE_NEIGHBOUR_ASK_H
#define PROBE_NEIGHBOUR_ASK_H

#include <sshsniff/probe.h>

struct neighbour_ask {
    int fd; /* -1: there is nobody to ask */
    unsigned ifindex, sent;
    uint8_t own_mac[6];
};

/* Needs the privilege that raw sockets need. Where the target is behind a router, or the link is no Ethernet, nothing
 * is asked. */
void neighbour_ask_open(struct neighbour_ask *ask, const struct probe_facts *facts, unsigned ifindex);
/* Sends what is due: two requests in all. */
void neighbour_ask_step(struct neighbour_ask *ask, const struct probe_facts *facts, int64_t now_us);
void neighbour_ask_close(struct neighbour_ask *ask);

#endif
