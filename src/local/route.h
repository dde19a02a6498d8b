/* By which interface packets to an address leave: rtnetlink(7), quickly. */
#ifndef LOCAL_ROUTE_H
#define LOCAL_ROUTE_H

#include <stdbool.h>

#include <sshsniff/address.h>

/* False: there is no route, or the kernel does not say; then `interface` is "". */
bool local_route_interface(const struct address *to, char interface[16]);

#endif
