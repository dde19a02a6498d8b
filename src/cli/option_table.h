/* The options of one command as a table: what getopt_long needs and what --help prints, from the same rows. */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <getopt.h>
#include <stddef.h>

enum { OPTION_ROWS = 48 }; /* the most that a table may have */

struct option_row {
    int letter; /* from 256 on: an option without a letter */
    const char *name, *argument, *help;
};

struct option_forms {
    char letters[2 * OPTION_ROWS + 3];
    struct option longs[OPTION_ROWS + 1];
};

/* `first`: what getopt's string begins with: ":" for errors that are reported by the caller, "+:" where the options
 * end at the first word that is none. Starts getopt afresh, for a second call in one process. */
void option_table_begin(const struct option_row *rows, size_t count, const char *first, struct option_forms *out);
void option_table_print(const struct option_row *rows, size_t count);

#endif
