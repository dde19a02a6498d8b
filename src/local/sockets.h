/* The kernel's own list of listening sockets: sock_diag(7). */
#ifndef LOCAL_SOCKETS_H
#define LOCAL_SOCKETS_H

#include "parts.h"

/* Takes the listeners of one datagram that the kernel sent. False once the list has ended, or there is no more room. */
bool sockets_take(struct local_scene *scene, const void *bytes, size_t length);

#endif
