/* Questions that the kernel answers over netlink (RFC 3549), and walks through what it answers. Every length in an
 * answer is checked before anything is read by it. */
#ifndef OS_NETLINK_H
#define OS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A socket that waits no longer than a second for each answer; -1: the kernel has none. `protocol`: NETLINK_ROUTE… */
int netlink_open(int protocol);

/* One message of an answer. False: no more of them are wanted. */
typedef bool netlink_taker(void *context, uint16_t type, const uint8_t *payload, size_t length);

/* The messages of one datagram. False once the answer has ended, is an error, makes no sense, or `take` says so. */
bool netlink_walk(const void *datagram, size_t length, netlink_taker *take, void *context);

/* Asks for a list, and takes it to its end, which at most some hundred datagrams away. False where it did not come. */
bool netlink_list(int netlink, const void *question, size_t size, netlink_taker *take, void *context);

/* Asks for one message; what came is in `answer`. Returns its length, or -1. */
ssize_t netlink_ask(int netlink, const void *question, size_t size, void *answer, size_t room);

/* TCP sockets of one address family in one state (TCP_LISTEN…): messages SOCK_DIAG_BY_FAMILY, struct inet_diag_msg.
 * What comes by IPv4 to a socket of both families is listed with IPv6. */
bool netlink_list_tcp(int netlink, uint8_t family, unsigned state, netlink_taker *take, void *context);

#endif
