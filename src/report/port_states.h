/* What a host's port was seen to do, in a word. */
#ifndef REPORT_PORT_STATES_H
#define REPORT_PORT_STATES_H

const char *port_state_name(unsigned state);

#endif
