/* The sockets that listen for TCP in this network namespace, quickly: without whose they are. */
#ifndef LOCAL_LISTENERS_H
#define LOCAL_LISTENERS_H

#include <sshsniff/local.h>

/* Fills `out` with those on `port`. False: the kernel did not say; out->state says why. */
bool local_listeners_read(uint16_t port, struct local_sockets *out);

/* The user whose socket sends SYNs from there to there. False: there is no such socket here. */
bool local_socket_user(const struct address *from, uint16_t from_port, const struct address *to, uint16_t to_port,
                       uint32_t *uid);

#endif
