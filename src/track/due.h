/* Live: when an attempt is handed over. In a file everything waits for the end, for later packets teach about earlier
 * ones. */
#ifndef TRACK_DUE_H
#define TRACK_DUE_H

#include "state.h"

/* An answered attempt has shown all that can be waited for. */
bool due_while_open(const struct entry *entry, int64_t now_us);

/* A SYN that was first sent then has been left unanswered for long enough. */
bool due_without_answer(int64_t first_syn_us, int64_t now_us);

/* What decides the attempt came then, and what follows it closely has come too. */
bool due_after_decision(int64_t decided_us, int64_t now_us);

/* What seemed to decide it was a RST that its receiver ignored (RFC 5961 section 3): it ended nothing. */
bool decision_is_void(const struct attempt *attempt);

/* No more packets are expected of it. */
bool attempt_is_over(const struct attempt *attempt);

#endif
