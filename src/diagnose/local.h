/* What this machine says of itself, as rows and texts ask for it. Each answer is NULL or false where it was not asked,
 * or where what it says may no longer hold for the packet that is judged. */
#ifndef DIAGNOSE_LOCAL_H
#define DIAGNOSE_LOCAL_H

#include <sshsniff/local_evidence.h>

#include "evidence.h"

/* NULL: neither end is this machine, or it was not asked. */
const struct local_evidence *local_of(const struct view *v);

/* The server's own word: this machine is the one that the SYN asked for. */
const struct local_evidence *local_target(const struct view *v);

static inline bool holds(const struct local_age *age)
{
    return age->hold != LOCAL_HOLDS_NOT;
}

/* The part of a weight that a fact has which was read only afterwards: something may have changed unseen. Judgement. */
float local_part(const struct local_age *age);

/* The rule that stops the SYN (or its answer) on this machine, as far as the rules are known; NULL: none. */
const struct local_rule *local_stopping_rule(const struct local_evidence *local);

/* By its conditions, or by its counter, it surely is that one. */
bool local_rule_is_proved(const struct local_evidence *local);

/* By address translation, the SYN is not for a socket of this machine. */
bool local_sends_on(const struct local_evidence *local);

/* All rules are known, and a SYN passes. */
bool local_rules_let_pass(const struct local_evidence *local);

/* Nobody takes SYNs for that address and port. */
bool local_nobody_listens(const struct local_evidence *local, const struct flow_key *key);

/* The counter rose by this attempt's SYNs, and by nothing else. */
bool local_count_is_own(const struct local_count *count);

/* The accept queue of the socket that the SYN is for holds more than it may. */
bool local_queue_is_full(const struct local_evidence *local, const struct flow_key *key);

/* Why answers do not find the client; NULL: nothing is wrong with the way back, or it is not known. */
const char *local_way_back_fault(const struct local_evidence *local);

/* The connection table is full, or turned connections away at that time. */
bool local_tracking_is_full(const struct local_evidence *local);

/* hosts.deny refuses the client; NULL: it does not. */
const struct local_rule *local_hosts_denial(const struct local_evidence *local);

/* The cause that sshd's own line on this connection names; CAUSE_UNDETERMINED: there is none, or it names none. */
enum cause local_log_cause(const struct view *v, bool *by_port);

/* local_place.c: where it failed, as the machine's word shows. False where it shows nothing of this verdict. */
bool local_place(const struct view *v, struct verdict *out);

/* describe_local.c: adds to detail what this machine itself says, and its command. */
void describe_local(const struct view *v, struct verdict *out);

/* local_sockets.c, local_rules.c, local_room.c, local_log.c. */
extern const struct evidence_rows local_socket_rows, local_rule_rows, local_room_rows, local_log_rows;

#endif
