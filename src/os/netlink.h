/* Questions that the kernel answers over netlink (RFC 3549), and walks through what it answers. Every length in an
 * answer is checked before anything is read by it. */
#ifndef OS_NETLINK_H
#define OS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A socket that waits no longer than that (milliseconds) for each datagram; -1: the kernel has none. `protocol`:
 * NETLINK_ROUTE… */
int netlink_open(int protocol, unsigned patience_ms);

/* One message of an answer. False: no more of them are wanted. */
typedef bool netlink_taker(void *context, uint16_t type, const uint8_t *payload, size_t length);

/* The messages of one datagram. False once the answer has ended, is an error, makes no sense, or `take` says so. */
bool netlink_walk(const void *datagram, size_t length, netlink_taker *take, void *context);

/* How a list ended. */
enum netlink_end {
    NETLINK_SILENT = 0, /* it did not come, or not to its end within some hundred datagrams; errno says why */
    NETLINK_REFUSED,    /* the kernel answered with an error, which is in errno */
    NETLINK_WHOLE       /* all of it came, or `take` wanted no more */
};

/* Asks for a list, and takes it to its end. */
enum netlink_end netlink_list(int netlink, const void *question, size_t size, netlink_taker *take, void *context);

/* Asks for one message; what came is in `answer`. Returns its length, or -1. */
ssize_t netlink_ask(int netlink, const void *question, size_t size, void *answer, size_t room);

/* TCP sockets of one address family in one state (TCP_LISTEN…): messages SOCK_DIAG_BY_FAMILY, struct inet_diag_msg.
 * What comes by IPv4 to a socket of both families is listed with IPv6. */
enum netlink_end netlink_list_tcp(int netlink, uint8_t family, unsigned state, netlink_taker *take, void *context);

/* What stands behind such a message's struct: whether the socket takes IPv6 only. */
bool netlink_tcp_v6_only(const uint8_t *attributes, size_t length);

#endif
