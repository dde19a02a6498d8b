/* What a command has to say beside its results. */
#ifndef CLI_COMPLAIN_H
#define CLI_COMPLAIN_H

#include <stdbool.h>

/* One line to standard error, after the program's name and the command's. What a name or an argument holds does not
 * steer the terminal. */
__attribute__((format(printf, 2, 3))) void complain(const char *command, const char *format, ...);

/* Of its command line: what is wrong with which word ("": none), and what to do instead. Always false. */
bool complain_usage(const char *command, const char *what, const char *value, const char *instead);

#endif
