/* Sends probe packets, whole from the IP header on, by a process of its own: the one that reads the answers holds no
 * socket that could send what is not in the plan. */
#ifndef PROBE_SENDER_H
#define PROBE_SENDER_H

#include <sshsniff/capture.h>
#include <sshsniff/probe.h>

enum { ETHERNET_HEADER_SIZE = 14 };

struct sender; /* opaque: the channel to that process */

/* Call it before anything is opened. NULL with one line in `error`; `denied` tells that only the privilege is missing.
 */
struct sender *sender_open(const struct probe_route *route, const struct address *target, uint32_t scope, bool *denied,
                           char error[PROBE_ERROR_SIZE]);
void sender_close(struct sender *sender);

/* `frame`: a packet of the sender's own on its way out. Where it left with an Ethernet header, fragments go out in the
 * same way, past this machine's own connection tracking, which would gather and keep them. */
void sender_learn(struct sender *sender, const struct frame *frame);

/* Where the target is on a network of this machine's own, asks there who has its address: two requests in all. */
void sender_ask_neighbour(struct sender *sender, const struct probe_facts *facts, int64_t now_us);

/* Sends what is due, at most `rate` packets a second. Notes in the facts what was sent and the errno of a failure. */
void sender_send_due(struct sender *sender, struct probe_facts *facts, unsigned rate);

/* A socket for packets that bring their own IP header; -1 with errno. */
int raw_socket_open(const struct address *target);

/* A socket for frames that bring their own link header, by which nothing comes in; -1: none. */
int link_socket_open(unsigned ifindex);

/* Copies the frame's Ethernet header. False where it has none, or carries another version of IP. */
bool ethernet_header_of(const struct frame *frame, bool ipv6, uint8_t out[ETHERNET_HEADER_SIZE]);

#endif
