/* What the files share that judge a RST that answers a SYN. */
#ifndef DIAGNOSE_REFUSED_H
#define DIAGNOSE_REFUSED_H

#include <sshsniff/stack.h>

#include "evidence.h"

static inline const struct mark *rst(const struct view *v)
{
    return &v->answer->refusal;
}

/* Of the host's other packets the latest that is surely its own: a SYN-ACK that follows this very RST is weighed in its
 * own row. NULL: none is known. */
const struct mark *host_mark(const struct view *v);

/* ---- refused_shape.c: what the RST looks like, and what the host's own packets say of its stack ---- */

/* All but the TOS is as netfilter writes it: it starts at TTL 64, window 0, no options; in IPv4 DF and ID 0, in IPv6 no
 * flow label. Who writes anything else was not netfilter, and its TOS says nothing for it. */
bool shaped_as_netfilter(const struct view *v);

/* The first field that is not, in words; NULL: all are. */
const char *unlike_netfilter(const struct view *v);

/* IPv4, TOS 0x10: what pf and ipfw write whatever the SYN has. */
bool has_bsd_tos(const struct view *v);
/* And the SYN had it, too. */
bool bsd_tos_was_asked(const struct view *v);

/* Made from the SYN on its way: it has the SYN's own IP ID, or its window, which no stack sends back. */
bool copies_syn(const struct view *v);

/* A user-mode NAT's own words (libslirp, VMware): who refused beyond it is not known. */
bool from_user_mode_nat(const struct view *v);

/* What the host's packets say of its stack, this RST left out. `number`: takes the frame that shows it. */
enum stack host_stack(const struct view *v, uint64_t *number);
static inline enum stack host_stack_kind(const struct view *v)
{
    uint64_t ignored;
    return host_stack(v, &ignored);
}

/* It is known, and is not Linux. */
static inline bool host_is_foreign(const struct view *v)
{
    const enum stack stack = host_stack_kind(v);
    return stack != STACK_UNKNOWN && stack != STACK_LINUX;
}

/* The RST came from another distance than the host's own packets, as far as those are known. */
bool from_elsewhere(const struct view *v);

/* DSCP is cleared on this path. */
bool path_clears_dscp(const struct view *v);

/* Something of the host's came here with its DSCP. */
bool keeps_dscp(const struct view *v);

/* So far away that the path may well clear it, and nothing shows that it does not. */
bool dscp_may_be_lost(const struct view *v);

/* The port had accepted a connection before the RST that answers this SYN. */
bool accepted_before_refusal(const struct view *v);

/* refused_marks.c, refused_distance.c, refused_stack.c, refused_ports.c, refused_meanwhile.c. */
extern const struct evidence_rows refused_marks, refused_distance, refused_stack, refused_ports, refused_meanwhile;

/* Whether the host's least round trip was measured often enough, and over long enough, that an answer after `delay_us`
 * is sooner than its own; what is far sooner needs no more than a few. Judgement, from the lab. */
bool round_trip_is_sure(const struct host *host, int64_t delay_us);

#endif
