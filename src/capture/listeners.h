/* The TCP ports on which this machine listens. Linux only: sock_diag(7). */
#ifndef CAPTURE_LISTENERS_H
#define CAPTURE_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener {
    uint32_t inode; /* as in the link /proc/PID/fd/N: "socket:[INODE]" */
    uint16_t port;
};

/* The listening sockets of this network namespace, of either family, in order of inode; `*count` of them. Needs no
 * rights. Free with free(). NULL and a count of 0 where there are none, or the kernel does not tell. */
struct listener *listeners_list(size_t *count);

#endif
