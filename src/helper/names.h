/* The names of hops, by a helper that asks the resolver: its answers are read apart from everything else. */
#ifndef HELPER_NAMES_H
#define HELPER_NAMES_H

#include <sshsniff/probe.h>

#include "os/helper.h"

/* False with one line in `error`: there will be no names. */
bool names_start(struct helper *helper, char error[HELPER_ERROR_SIZE]);

/* Asks for the hops' names, all at once, and waits no longer than a moment. */
void names_fill(const struct helper *helper, struct probe_facts *facts);

#endif
