/* The name that results carry of the machine that watches. */
#ifndef CLI_SENSOR_NAME_H
#define CLI_SENSOR_NAME_H

#include <stdbool.h>

/* What --sensor gave (NULL: nothing), else the host's name where it watches by itself, else none. Before rights are
 * given up. */
void sensor_name_set(const char *given, bool live);

#endif
