#include <stdlib.h>
#include <string.h>

#include <sshsniff/tracker.h>

static bool read_port(const char **text, unsigned long *port)
{
    if (**text < '0' || **text > '9')
        return false;
    char *end;
    *port = strtoul(*text, &end, 10);
    *text = end;
    return *port >= 1 && *port <= 65535;
}

bool port_set_parse(struct port_set *set, const char *text)
{
    memset(set, 0, sizeof *set);
    for (;;) {
        unsigned long first, last;
        if (!read_port(&text, &first))
            return false;
        last = first;
        if (*text == '-') {
            text++;
            if (!read_port(&text, &last) || last < first)
                return false;
        }
        for (unsigned long port = first; port <= last; port++)
            port_set_add(set, (uint16_t)port);
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}
