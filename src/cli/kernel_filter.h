/* The capture filter that runs in the kernel, so that traffic which says nothing of SSH costs nothing. */
#ifndef CLI_KERNEL_FILTER_H
#define CLI_KERNEL_FILTER_H

#include <stdbool.h>

#include <sshsniff/tracker.h>

/* An expression in libpcap's language: what the tracker learns from, and of that only what `user` (NULL: all) selects.
 * `vlan`: inside 802.1Q tags too; libpcap knows no tags on cooked ("any") and on most other link types.
 * Free the result with free(). NULL: out of memory. */
char *kernel_filter(const struct port_set *ports, const char *user, bool vlan);

#endif
