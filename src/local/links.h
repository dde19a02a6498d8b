/* Network interfaces, as the kernel lists them: rtnetlink(7). */
#ifndef LOCAL_LINKS_H
#define LOCAL_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINKS_KEPT = 512 };

struct link {
    uint32_t index, master; /* master: of the bridge that it is a port of; 0: none */
    uint32_t mtu;
    char name[16];
    char kind[16]; /* "bridge", "veth"; "" where it is a real interface, or the loopback */
};

struct links {
    struct link link[LINKS_KEPT];
    unsigned count;
};

/* Takes the interfaces of one datagram. False once the list has ended, or there is no more room. */
bool links_take(struct links *links, const void *bytes, size_t length);

/* One message of it: a netlink_taker, for a struct links. */
bool links_take_one(void *links, uint16_t type, const uint8_t *payload, size_t length);

/* NULL: there is none. */
const struct link *links_find(const struct links *links, uint32_t index);

/* A bridge of containers or virtual machines: none of its ports is a real interface. */
bool links_is_virtual_bridge(const struct links *links, const struct link *bridge);

#endif
