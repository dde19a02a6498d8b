/* Addresses to and from the kernel's form. */
#ifndef PROBE_SOCKETS_H
#define PROBE_SOCKETS_H

#include <stdbool.h>
#include <sys/socket.h>

#include <sshsniff/address.h>

socklen_t probe_sockaddr(const struct address *address, uint32_t scope, uint16_t port, struct sockaddr_storage *out);
/* Binds a TCP socket to a port, be it one that an earlier connection has only just left. False with errno. */
bool probe_bind(int fd, int family, uint16_t port);
/* None for NULL and for other families. */
struct address probe_address(const struct sockaddr *from);

/* Whether this errno of connect(2) says that this machine knows no way. */
bool route_is_missing(int error);

#endif
