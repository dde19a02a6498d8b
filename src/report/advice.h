/* What to do about a verdict. */
#ifndef REPORT_ADVICE_H
#define REPORT_ADVICE_H

#include <sshsniff/report.h>

/* As report_advice, with where each line is meant to be run. */
size_t advice_select(const struct case_file *file, const struct verdict *verdict, char out[][ADVICE_SIZE],
                     enum advice_place places[], size_t max);

/* "server", "client", "network", for programs; NULL for whoever it may be. */
const char *advice_place_name(enum advice_place place);

/* True where none of it names an address but the server's, or a name: attempts with the same verdict and server's port
 * get the same, but for that address. */
bool advice_is_general(const struct case_file *file, const struct verdict *verdict);

#endif
