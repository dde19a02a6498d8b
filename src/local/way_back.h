/* What the kernel answers when it is asked for a route: rtnetlink(7). */
#ifndef LOCAL_WAY_BACK_H
#define LOCAL_WAY_BACK_H

#include <sshsniff/local.h>

struct route_answer {
    int error;    /* an errno; 0: there is a route */
    uint8_t type; /* RTN_UNICAST, RTN_LOCAL, … */
    uint32_t interface;
    struct address gateway, source; /* none: there is none */
};

/* False where the bytes are no answer to that question. */
bool route_take(const void *bytes, size_t length, struct route_answer *out);

#endif
