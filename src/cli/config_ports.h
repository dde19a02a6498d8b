/* Ports that configuration files name: ssh's, sshd's, and socket units of systemd. They are read by name, not by
 * meaning: a `Port` of whichever Host or Match block counts, for any of them may be used next. */
#ifndef CLI_CONFIG_PORTS_H
#define CLI_CONFIG_PORTS_H

#include <sshsniff/port_set.h>

/* Adds the ports of ~/.ssh/config and /etc/ssh/ssh_config, with what they include, to `ports`. The home is that of the
 * process's user: whoever gives up rights does so first. Files that cannot be read are passed over. */
void config_ports_of_client(struct port_set *ports);

/* Adds the ports of /etc/ssh/sshd_config. */
void config_ports_of_server(struct port_set *ports);

/* Adds the ports of the socket units that start an SSH server for each connection. */
void config_ports_of_units(struct port_set *ports);

/* For those above, and for tests: adds the ports of one file, and of the files that it includes. */
enum config_kind { CONFIG_SSH, CONFIG_SSHD, CONFIG_UNIT };
void config_ports_of_file(struct port_set *ports, enum config_kind kind, const char *path);

#endif
