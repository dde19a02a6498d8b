/* --format and --json, as all commands take them. */
#ifndef CLI_FORMAT_OPTION_H
#define CLI_FORMAT_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include <sshsniff/report.h>

/* Rows of an option table; `letter` as in struct option_row. */
#define FORMAT_OPTION_ROW(letter)                                                                                      \
    {                                                                                                                  \
        (letter), "format", "NAME", "how results are written; --format help lists the formats"                         \
    }
#define JSON_OPTION_ROW(letter)                                                                                        \
    {                                                                                                                  \
        (letter), "json", NULL, "one JSON object a line instead of text: --format json"                                \
    }

#define FORMAT_OPTION_ERROR_SIZE 256

/* Finds the format called `name`; NULL in *out for "help". False, with one line in `error`, where there is none. */
bool format_option(const char *name, const struct report_format **out, char error[FORMAT_OPTION_ERROR_SIZE]);

/* What --format help prints. */
void format_option_list(void);

#endif
