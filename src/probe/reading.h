/* What the judge looks at: the probe's facts, with a few things that many rows need worked out once. */
#ifndef PROBE_READING_H
#define PROBE_READING_H

#include <sshsniff/probe.h>

#include "stack_marks.h"

/* A reply that surely came from the target itself. */
struct own_reply {
    const struct probe_packet *packet; /* NULL: none */
    const char *what;                  /* "ping reply", … */
};

struct sweep_reading {
    unsigned expired; /* the farthest hop that reported the TTL's end */
    unsigned reached; /* the least TTL with another answer; 0: none */
    const struct probe_packet *reached_by;
    unsigned
        silent; /* the least TTL that was asked at least twice, in vain, with nothing but silence after it; 0: none */
};

/* Fragments whose rest never came: who had gathered them. */
struct fragment_reading {
    unsigned asked;                    /* to the SSH port */
    const struct probe_packet *kept;   /* one of these that the target had gathered; NULL: none */
    const struct probe_packet *caught; /* one of any port that another machine had gathered */
    const struct probe_packet *control;
    unsigned controls_kept; /* to a closed port: the target had gathered them */
    bool untracked;         /* the target tracks no connections, nor does anyone on the way */
    bool tracked;           /* somebody does */
};

struct reading {
    const struct probe_facts *facts;
    const struct verdict *passive; /* NULL: none */
    bool ipv6;
    const struct probe_packet *main;    /* the first whole SYN to the SSH port that was answered; NULL: silence */
    unsigned asked, answered;           /* whole SYNs to the SSH port */
    unsigned synacks, rsts, errors;     /* of the answers */
    unsigned lost;                      /* of those asked, sent three times in vain */
    const struct probe_packet *control; /* a closed port's RST: one that copied the TOS, or else any */
    unsigned controls_asked, controls_rst, controls_copied, controls_error, controls_open;
    struct own_reply own;
    bool target_spoke; /* anything at all came in the target's name */
    struct sweep_reading ssh, reference;
    unsigned host_hop; /* 0: not known */
    bool forwarded;    /* the target itself complained that a SYN to the SSH port had come to the end of its TTL */
    unsigned behind;   /* hops that this port's answers have come more than the target's own packets */
    enum probe_echo echo;
    uint8_t arrives_as;                  /* the mark as the target saw it, where an error quotes it */
    const struct probe_packet *rewriter; /* the packet whose quote shows that the TOS was changed */
    /* The timestamp option: SYNs with it to the SSH port and to a closed port, and how many the host complained of. */
    unsigned stamps_sent, stamps_answered, control_stamps_answered;
    unsigned stamps_missed; /* unanswered, though the one to a closed port that went with it was */
    struct fragment_reading fragments;
    struct stack_marks stack;
    bool next_hop_answers; /* the next hop answers in the name of a target that is not on this network */
};

void reading_make(const struct probe_facts *facts, const struct verdict *passive, struct reading *out);

/* Hops that a packet has come, from the initial TTL that it most likely had. */
static inline unsigned hops_come(unsigned ttl)
{
    return (ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl;
}

/* The host that refuses is no Linux: then a RST like netfilter's may be its own, and nothing that was made of its TOS
 * or flow label holds. Where the port is handed on, the stack that was seen is another machine's. */
static inline bool is_no_linux(const struct reading *r)
{
    return r->stack.is == PROBE_STACK_OTHER && r->behind == 0;
}

/* An ICMP error about the SSH port that is no report of the TTL's end. */
static inline bool is_rejection(const struct probe_packet *packet)
{
    return packet != NULL && packet->reply.kind == REPLY_ICMP;
}

/* The host gathers fragments before it filters, and those to the SSH port it never had. One lost answer must not
 * decide. */
static inline bool fragments_never_came(const struct reading *r)
{
    const struct fragment_reading *f = &r->fragments;
    return f->asked >= 2 && f->kept == NULL && f->caught == NULL && f->controls_kept >= 2 && (!r->ipv6 || f->tracked);
}

/* A SYN-ACK of a kernel offers a window; netfilter's SYN proxy must not, for it does not know the server's yet
 * (net/netfilter/nf_synproxy_core.c synproxy_send_client_synack). */
static inline bool is_proxied(const struct reading *r)
{
    return !r->facts->sockets_only && r->main != NULL && r->main->reply.kind == REPLY_SYNACK &&
           r->main->reply.window == 0;
}

#endif
