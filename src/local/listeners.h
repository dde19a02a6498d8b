/* The sockets that listen for TCP in this network namespace, quickly: without whose they are. */
#ifndef LOCAL_LISTENERS_H
#define LOCAL_LISTENERS_H

#include <sshsniff/local.h>

/* Fills `out` with those on `port`. False: the kernel did not say; out->state says why. */
bool local_listeners_read(uint16_t port, struct local_sockets *out);

/* The user whose socket sends SYNs from there to there. False: there is no such socket here. */
bool local_socket_user(const struct address *from, uint16_t from_port, const struct address *to, uint16_t to_port,
                       uint32_t *uid);

/* A socket that sends its SYN again and again. */
struct local_unsent {
    struct address from, to;
    uint16_t from_port, to_port;
    uint32_t uid;
    uint64_t socket; /* the kernel's number for it */
};

enum { UNSENT_MOST = 8 };

/* Those whose SYN has been sent again at least once; how many. */
unsigned local_unsent_read(struct local_unsent out[UNSENT_MOST]);

#endif
