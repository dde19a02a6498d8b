/* The packet that a walk over rules follows, what one rule does with it, and how sure that is. */
#ifndef LOCAL_RULES_PACKET_H
#define LOCAL_RULES_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>
#include <sshsniff/local.h>

/* What a condition says of a packet of which not everything is known. */
enum rules_truth { RULES_NO = 0, RULES_YES, RULES_MAYBE };

/* Bits of conntrack's state and status, as nft writes them (NF_CT_STATE_BIT, enum ip_conntrack_status). */
enum { CT_INVALID = 1, CT_ESTABLISHED = 2, CT_RELATED = 4, CT_NEW = 8, CT_UNTRACKED = 64 };
enum { CT_SEEN_REPLY = 2, CT_ASSURED = 4, CT_CONFIRMED = 8, CT_SNAT = 16, CT_DNAT = 32 };
enum { RULES_TCP_SYN = 0x02, RULES_TCP_RST = 0x04, RULES_TCP_ACK = 0x10 };
enum { RULES_ICMP = 1, RULES_TCP = 6, RULES_ICMPV6 = 58 };

/* A number that may not be known. */
struct rules_number {
    bool known;
    uint32_t value;
};

/* An interface by which a packet passes. */
struct rules_interface {
    bool none;    /* there is none at this hook: a condition on it does not match */
    bool assumed; /* from the route to the other side, not from a packet */
    bool may_be_bridge;
    char name[16];
};

struct rules_packet {
    struct address from, to; /* of one family; none: not known */
    bool is_v6;
    uint16_t from_port, to_port; /* 0: any, not known */
    uint8_t protocol;            /* RULES_TCP, or ICMP's of its family */
    uint8_t tcp_flags;
    struct rules_interface in, out;
    unsigned ct_state, ct_status; /* CT_* at the hook where it is; a state of 0: not known */
    unsigned ct_then;             /* the state that conntrack gives it when it looks at it */
    enum rules_truth untracked;   /* a rule said that conntrack is not to look at it */
    struct rules_number mark, ct_mark, uid;
    struct address to_at_first;     /* before it was translated */
    enum rules_truth from_is_local; /* its sender's address is this machine's */
    enum rules_truth to_is_local;
    enum rules_truth way_back; /* the route to its sender leaves by the interface on which it came */
};

static inline bool rules_packet_is_v6(const struct rules_packet *packet)
{
    return packet->is_v6;
}

enum rules_verdict {
    RULES_GOES_ON = 0,
    RULES_ACCEPTS,
    RULES_DROPS,
    RULES_REJECTS_RST,
    RULES_REJECTS_ICMP,
    RULES_RETURNS,
    RULES_JUMPS,
    RULES_GOES_TO,
    RULES_TRANSLATES, /* to another destination; ends the chain as accept does */
    RULES_TO_OTHERS   /* a queue for a program, a proxy, a target that is not known here */
};

/* What one rule does with a packet. */
struct rules_step {
    enum rules_truth match; /* of all its conditions */
    enum rules_verdict verdict;
    bool limited;      /* a rate or a count decides whether it matches */
    bool assumed;      /* it matches, or not, by something that was assumed */
    bool assumed_no;   /* while it is looked at: a condition fails by something that was assumed */
    bool names_sender; /* it is for the sender's very address */
    bool logs;
    bool counter_proves; /* its counter counts only what all its conditions let through */
    uint64_t counter;
    char target[LOCAL_TEXT]; /* the chain that it jumps or goes to */
    char log_prefix[LOCAL_NAME];
    char set[LOCAL_NAME], element[LOCAL_NAME]; /* the named set in which the packet was found */
    int64_t set_expires_s;
    const char *cannot; /* the first of its conditions that cannot be followed; NULL: none */
    /* What it changes of the packet. */
    bool sets_mark, sets_ct_mark, untracks;
    struct rules_number mark, ct_mark;
    struct address to; /* RULES_TRANSLATES; none: the same, or this machine */
    uint16_t to_port;  /* 0: the same */
    bool to_self;      /* to this machine itself (redirect) */
};

/* The end of a rule: what was assumed matters only where nothing else decides. */
static inline void rules_step_end(struct rules_step *step)
{
    if (step->match == RULES_NO)
        step->assumed = false;
    else if (step->assumed_no)
        step->match = RULES_NO;
}

/* Both conditions hold. */
static inline enum rules_truth rules_and(enum rules_truth a, enum rules_truth b)
{
    if (a == RULES_NO || b == RULES_NO)
        return RULES_NO;
    return a == RULES_MAYBE || b == RULES_MAYBE ? RULES_MAYBE : RULES_YES;
}

static inline enum rules_truth rules_not(enum rules_truth a)
{
    return a == RULES_MAYBE ? RULES_MAYBE : a == RULES_YES ? RULES_NO : RULES_YES;
}

static inline enum rules_truth rules_if(bool holds)
{
    return holds ? RULES_YES : RULES_NO;
}

#endif
