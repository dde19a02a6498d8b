#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Below it, nothing can be read any more; above it, nobody reads. */
enum { LEAST_COLUMNS = 20, MOST_COLUMNS = 1000 };

static size_t within_reason(unsigned long columns)
{
    return columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns > MOST_COLUMNS ? MOST_COLUMNS : columns;
}

size_t terminal_width(int descriptor)
{
    struct winsize size = {0};
    const char *text = getenv("COLUMNS");
    char *end;
    if (text != NULL && text[0] >= '1' && text[0] <= '9') {
        const unsigned long columns = strtoul(text, &end, 10);
        if (*end == '\0')
            return within_reason(columns);
    }
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? within_reason(size.ws_col) : 0;
}

bool terminal_colour_named(const char *name, enum terminal_colour *out)
{
    static const char *const names[] = {[COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum terminal_colour)i;
            return true;
        }
    return false;
}

bool terminal_colours(int descriptor, enum terminal_colour wanted)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (wanted != COLOUR_AUTO)
        return wanted == COLOUR_ALWAYS;
    return isatty(descriptor) && (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}
