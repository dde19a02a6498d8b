/* What is known of the terminal that something is written to. Before the process is confined: it may not ask then. */
#ifndef OS_TERMINAL_H
#define OS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Columns: COLUMNS where it is set, else what the terminal says; 0: neither says anything. */
size_t terminal_width(int descriptor);

enum terminal_colour { COLOUR_AUTO = 0, COLOUR_ALWAYS, COLOUR_NEVER };

/* "auto", "always", "never". False: it is none of them. */
bool terminal_colour_named(const char *name, enum terminal_colour *out);

/* Auto: to a terminal that can show them, unless NO_COLOR is set (no-color.org). */
bool terminal_colours(int descriptor, enum terminal_colour wanted);

#endif
