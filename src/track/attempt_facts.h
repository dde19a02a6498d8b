/* What an attempt's own facts say, without the tables around it. */
#ifndef TRACK_ATTEMPT_FACTS_H
#define TRACK_ATTEMPT_FACTS_H

#include <sshsniff/tracker.h>

/* Two SYNs alike within this time are one frame seen twice: no stack retransmits a SYN sooner (RFC 6298: 1 s; ports of
 * tcp_syn_linear_timeouts: 1 s; Windows: 0.5 s after a RST). */
enum { SAME_SYN_US = 200000 };

static inline bool tcp_is_syn(const struct tcp_view *tcp)
{
    return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static inline bool tcp_is_synack(const struct tcp_view *tcp)
{
    return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
}

static inline bool attempt_is_ssh(const struct attempt *attempt)
{
    return attempt->facts & (FACT_SSH_PORT | FACT_SSH_BYTES) && !(attempt->facts & FACT_SUBFLOW);
}

/* Records its first SYN, and the same SYN once more: true where it was sent again, false where it was seen again. */
void attempt_begin(struct attempt *attempt, const struct packet *syn);
bool attempt_syn_again(struct attempt *attempt, const struct packet *syn);

/* For an attempt made by an answer that was read before its SYN: true where this is the SYN that it answers. */
bool attempt_is_completed_by(const struct attempt *attempt, const struct tcp_view *syn);

/* True where the RST answers the SYN, and does not end a connection. */
bool attempt_is_refused_by(const struct attempt *attempt, const struct tcp_view *rst, int64_t ts_us);

/* The SYN-ACK that came at `synack_us` answers a SYN that was sent again after all RSTs: the service came up, and what
 * follows is to be judged. Sets those RSTs aside. One for the same SYN as a RST leaves that RST where it is. */
bool attempt_came_up(struct attempt *attempt, int64_t synack_us);

/* The client speaks on a connection that was accepted after a RST: that RST ended nothing, or a SYN came after it that
 * was not captured. Sets those RSTs aside, and is true then. */
bool attempt_goes_on_refused(struct attempt *attempt);

/* The capture begins with the answer that an older connection gave to an earlier SYN of this one: true just before the
 * SYN comes again. It tells nothing of its own. */
bool attempt_is_stale_remnant(const struct attempt *attempt, int64_t syn_us);

/* A connection on another port is watched only until its first bytes say that it is not SSH: true from then on. */
bool attempt_is_not_ssh(const struct attempt *attempt);

#endif
