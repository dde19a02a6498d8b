/* Names for addresses, from the hosts file alone: a program that watches must not send queries of its own. */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <sshsniff/address.h>

struct names; /* opaque */

/* NULL where the file is missing or holds nothing. */
struct names *names_read(const char *path);
/* NULL where the address has no name. */
const char *names_find(const struct names *names, const struct address *address);
void names_free(struct names *names);

#endif
