/* Connections of one client that wait for its ACK, from the kernel's own list: sock_diag(7). */
#ifndef LOCAL_WAITING_H
#define LOCAL_WAITING_H

#include <sshsniff/local.h>

struct waiting {
    struct address client;   /* whose */
    uint16_t port;           /* to which port of this machine; 0: any */
    uint32_t unanswered;     /* the SYN-ACK was sent more than once */
    struct address asked_at; /* this machine's address, of one of them */
};

/* Counts those of one datagram. False once the list has ended. */
bool waiting_take(struct waiting *waiting, const void *bytes, size_t length);

/* Fills in the counts for `client` and `port`. False where the kernel does not tell. */
bool waiting_read(struct waiting *waiting);

#endif
