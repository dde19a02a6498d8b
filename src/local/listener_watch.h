/* Since when the same sockets listen on a port, for the few ports that were asked for. */
#ifndef LOCAL_LISTENER_WATCH_H
#define LOCAL_LISTENER_WATCH_H

#include "trail.h"

enum { WATCHED_PORTS = 16 };

struct listener_watch {
    struct watched_port {
        uint16_t port;  /* 0: free */
        uint64_t state; /* a hash of the sockets that listen on it; 0: none */
        struct local_span span;
        struct local_sockets sockets;
    } port[WATCHED_PORTS];
    unsigned next; /* where there is no room: which goes */
};

/* Reads one port again; NULL where the kernel does not say. */
const struct watched_port *listener_watch_see(struct listener_watch *watch, uint16_t port);

/* Reads all that were asked for again. */
void listener_watch_refresh(struct listener_watch *watch);

#endif
