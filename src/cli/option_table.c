#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "option_table.h"

void option_table_begin(const struct option_row *rows, size_t count, const char *first, struct option_forms *out)
{
    memset(out, 0, sizeof *out);
    char *at = stpncpy(out->letters, first, 2);
    for (size_t i = 0; i < count && i < OPTION_ROWS; i++) {
        bool argument = rows[i].argument != NULL;
        out->longs[i] = (struct option){rows[i].name, argument ? required_argument : no_argument, NULL, rows[i].letter};
        if (rows[i].letter >= 256)
            continue;
        *at++ = (char)rows[i].letter;
        if (argument)
            *at++ = ':';
    }
    optind = 0; /* glibc's way */
}

void option_table_print(const struct option_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char left[64], letter[8] = "    ";
        if (rows[i].letter < 256)
            snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, rows[i].name, rows[i].argument != NULL ? " " : "",
                 rows[i].argument != NULL ? rows[i].argument : "");
        printf("  %-33s %s\n", left, rows[i].help);
    }
}
