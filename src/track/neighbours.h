/* Who said by ARP or neighbour discovery that a MAC address is his. Shows that what is sent to some other address by
 * that MAC address goes to that machine first: a router. */
#ifndef TRACK_NEIGHBOURS_H
#define TRACK_NEIGHBOURS_H

#include <sshsniff/host.h>
#include <sshsniff/packet.h>

enum { NEIGHBOURS = 16 };

struct neighbours {
    struct {
        struct address address;
        uint8_t mac[6];
        uint64_t number; /* the reply's frame */
    } known[NEIGHBOURS];
    uint32_t count, next; /* the oldest makes room */
};

/* From a reply. */
void neighbours_learn(struct neighbours *neighbours, const struct packet *reply);

/* The frame that shows that `mac`, to which something for `address` was sent, is another machine's; 0: none does. */
uint64_t neighbours_router(const struct neighbours *neighbours, const struct address *address, const uint8_t mac[6]);

/* A SYN goes to `server` by this MAC address: that may show a router before it. */
void neighbours_learn_router(const struct neighbours *neighbours, struct host *server, const uint8_t mac[6]);

#endif
