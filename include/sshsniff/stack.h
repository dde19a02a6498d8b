/* stack: what a host's SYN-ACKs and its version string say of who wrote its TCP, and what that stack's own RST may look
 * like. The tables are in src/track/stacks.c. */
#ifndef SSHSNIFF_STACK_H
#define SSHSNIFF_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* Kinds of stacks, as far as their packets tell them apart. */
enum stack {
    STACK_UNKNOWN = 0,
    STACK_LINUX,
    STACK_WINDOWS,
    STACK_FREEBSD,
    STACK_APPLE, /* Junos too, which is made of FreeBSD */
    STACK_OPENBSD,
    STACK_NETBSD,
    STACK_SOLARIS,
    STACK_EMBEDDED, /* routers, user-mode stacks: few options, or none */
    STACK_OTHER,    /* no Linux; nothing more is known */
    STACK_COUNT
};

/* Does a closed port's RST carry the TOS of the SYN that it answers? */
enum tos_habit { TOS_EITHER = 0, TOS_COPIED, TOS_ZERO };

struct stack_row {
    const char *name; /* as in "a host of …" */
    enum tos_habit tos;
    bool may_run_pf; /* or ipfw */
    bool labels;     /* over IPv6, a closed port's RST has a flow label */
    const char *source;
};

const struct stack_row *stack_row(enum stack stack);

/* What of a SYN-ACK tells. */
struct synack_look {
    uint64_t options; /* its kinds in their order, as in struct syn_shape */
    bool whole;       /* all of them were captured */
    bool all_offered; /* the SYN had MSS, SACK, time stamps and window scale */
    bool ipv6, df;
    uint8_t ttl;
    uint16_t ip_id;
};

enum stack stack_of_synack(const struct synack_look *look);

/* `version`: the server's line, "SSH-2.0-…". */
enum stack stack_of_version(const char *version);

/* Its OpenSSH is of 2020 or later: so is most likely the kernel, which over IPv6 copies the class into its RSTs and
 * labels them (since 2019). */
bool version_is_recent(const char *version);

/* What netfilter never writes into a RST, whatever its TTL and TOS (nf_reject_ipv4.c, nf_reject_ipv6.c): the first
 * field that it did not write. */
enum netfilter_oddity { ODD_NOTHING = 0, ODD_WINDOW, ODD_OPTIONS, ODD_NO_DF, ODD_IP_ID };

/* `df` and `ip_id` count in IPv4 only. */
static inline enum netfilter_oddity netfilter_oddity(bool ipv6, uint16_t window, bool options, bool df, bool ip_id)
{
    if (window)
        return ODD_WINDOW;
    if (options)
        return ODD_OPTIONS;
    if (ipv6)
        return ODD_NOTHING;
    return !df ? ODD_NO_DF : ip_id ? ODD_IP_ID : ODD_NOTHING;
}

/* A counter of IP IDs may have gone on from one packet to a later one: it sent few others meanwhile. */
static inline bool ip_id_counts_on(uint16_t from, uint16_t to)
{
    enum { MOST = 64 };
    const uint16_t step = (uint16_t)(to - from);
    return step >= 1 && step <= MOST;
}

/* What was learned of a host's stack; 0: nothing. */
struct host_stack {
    uint64_t synack_number, version_number; /* the frames that show it */
    uint8_t by_synack, by_version;          /* enum stack */
    bool recent;                            /* version_is_recent */
    /* An ICMP error that quotes a SYN for it, whose DSCP was gone on the way; one of its own, where it had arrived. */
    uint64_t dscp_lost_number, dscp_kept_number;
};

#endif
