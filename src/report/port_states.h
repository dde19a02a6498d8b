/* What a host's port was seen to do, in a word. */
#ifndef REPORT_PORT_STATES_H
#define REPORT_PORT_STATES_H

#include <sshsniff/tracker.h>

#include "json_writer.h"

const char *port_state_name(unsigned state);
/* The beginning of a port's object: its number and state. The caller closes it, after what else there is to say. */
void json_port(struct buffer *line, uint16_t port, enum port_state state);

#endif
