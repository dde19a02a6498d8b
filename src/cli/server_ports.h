/* Where SSH servers listen on this machine. */
#ifndef CLI_SERVER_PORTS_H
#define CLI_SERVER_PORTS_H

#include <stdbool.h>

#include <sshsniff/port_set.h>

/* Adds to `ports` those on which an SSH server listens, or would once it is started: sockets of processes that bear a
 * server's name, sockets that systemd holds for one, and the ports of sshd's configuration. False where the owners of
 * some sockets may not be looked up: that takes root, or CAP_SYS_PTRACE. */
bool server_ports_find(struct port_set *ports);

#endif
