#include "port_states.h"

const char *port_state_name(unsigned state)
{
    static const char *const names[] = {
        [PORT_UNKNOWN] = "unknown", [PORT_OPEN] = "open",       [PORT_REFUSES] = "refuses",
        [PORT_SILENT] = "silent",   [PORT_REJECTS] = "rejects",
    };
    return state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

void json_port(struct buffer *line, uint16_t port, enum port_state state)
{
    BUFFER_LITERAL(line, "{\"port\":");
    buffer_u64(line, port);
    JSON_KEY(line, "state");
    json_text(line, port_state_name(state));
}
