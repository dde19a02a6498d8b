/* Whether a packet's numbers can be those of the connection in whose name it comes.
 *
 * Anybody can send a packet with forged addresses and ports; who is not on the path has to guess the sequence and
 * acknowledgement numbers. So a RST, a FIN, an ACK, data or an ICMP error counts only where its numbers fit what was
 * seen: not before the side's first, not beyond what its peer's window can have let through unseen (loss, a capture
 * that begins late). What does not fit is taken up after all once the other side answers it with numbers that fit it:
 * then a part of the capture is missing (RFC 9293 section 3.10.7.4; RFC 5961). */
#ifndef TRACK_CREDIBLE_H
#define TRACK_CREDIBLE_H

#include <sshsniff/tracker.h>

/* A segment that is no SYN and no SYN-ACK, and no RST that answers the SYN. Where it is false the segment is noted as a
 * misfit, and must teach nothing. */
bool segment_is_credible(struct attempt *attempt, enum side side, const struct packet *packet);

/* Whether its numbers can be compared with any of this attempt's, and fit; nothing is noted. */
bool numbers_tell(const struct attempt *attempt, enum side side, const struct packet *packet);
bool quote_fits(const struct attempt *attempt, const struct packet *error);

/* A RST that acknowledges nothing and came before the SYN-ACK had nothing to be compared with: now that the SYN-ACK was
 * seen, it counts no more where it does not fit it. */
void doubt_rst_before_synack(struct attempt *attempt);

/* The same of an ICMP error, by the segment that it quotes. */
bool quote_is_credible(struct attempt *attempt, const struct packet *error);

#endif
