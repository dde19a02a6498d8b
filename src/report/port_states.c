#include <sshsniff/track.h>

#include "port_states.h"

const char *port_state_name(unsigned state)
{
    static const char *const names[] = {
        [PORT_UNKNOWN] = "unknown", [PORT_OPEN] = "open",       [PORT_REFUSES] = "refuses",
        [PORT_SILENT] = "silent",   [PORT_REJECTS] = "rejects",
    };
    return state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}
