/* What headers say of whose TCP/IP wrote a packet, without comparing the target's answers with each other. */
#ifndef PROBE_STACK_MARKS_H
#define PROBE_STACK_MARKS_H

#include <sshsniff/packet.h>
#include <sshsniff/probe.h>

/* DSCP: the upper six bits; the lower two are ECN (RFC 3168). */
static inline unsigned dscp(unsigned tos)
{
    return tos >> 2 & 63;
}

/* What of a RST netfilter never writes (docs/facts.md 1.8), whatever its TOS; NULL: nothing. Its TTL begins where this
 * host's does. */
const char *strange_to_netfilter(const struct probe_reply *rst, bool v6);

/* A RST that netfilter may have written. */
static inline bool is_as_netfilter_writes(const struct probe_reply *rst, bool v6)
{
    return rst->tos == 0 && (!v6 || rst->flow_label == 0) && strange_to_netfilter(rst, v6) == NULL;
}

/* pf and ipfw write TOS 0x10 into the IPv4 RSTs that they forge, and no stack does by itself. The probe asks with other
 * values. */
static inline bool is_as_pf_writes(const struct probe_packet *packet, bool v6)
{
    return !v6 && packet->reply.tos == 0x10 && dscp(packet->tos) != dscp(0x10);
}

/* A RST without ACK answers no SYN: the client ignores it (RFC 9293 section 3.10.7.3), and waits until it times out. */
static inline bool is_bare(const struct probe_reply *rst)
{
    return (rst->tcp_flags & TCP_ACK) == 0;
}

/* Whose TCP/IP the target's own packets show, RSTs left out. */
enum probe_stack { PROBE_STACK_UNKNOWN = 0, PROBE_STACK_LINUX, PROBE_STACK_OTHER };

struct stack_marks {
    enum probe_stack is;
    const struct probe_packet *shown_by; /* NULL where it is unknown */
    const char *what;                    /* "its ICMP error has TOS 0", … */
};

struct stack_marks stack_marks_read(const struct probe_facts *facts);

#endif
