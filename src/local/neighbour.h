/* Whether a host answers on a link, as far as the kernel has asked: rtnetlink(7), of either family. */
#ifndef LOCAL_NEIGHBOUR_H
#define LOCAL_NEIGHBOUR_H

#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum neighbour {
    NEIGHBOUR_UNKNOWN = 0, /* nobody has asked for it */
    NEIGHBOUR_ANSWERS,
    NEIGHBOUR_SILENT,  /* it was asked for, and did not answer */
    NEIGHBOUR_NOT_TOLD /* the kernel does not say (before 5.0) */
};

enum neighbour neighbour_of(const struct address *address, uint32_t interface);

/* What the kernel's answer says. */
enum neighbour neighbour_take(const void *bytes, size_t length);

#endif
