/* What a verdict says beside its cause, for attempts that got as far as payload. */
#ifndef DIAGNOSE_DESCRIBE_H
#define DIAGNOSE_DESCRIBE_H

#include "view.h"

/* Adds to detail that two machines have the address, where the verdict is another. */
void describe_disputed_address(const struct view *v, struct verdict *out);

/* Adds to detail what Multipath TCP has to do with it. */
void describe_multipath(const struct view *v, struct verdict *out);

/* Fill detail and fix: what exactly failed, and the option that mends it. The causes' rows name them. */
void describe_mismatch(const struct view *v, struct verdict *out);
void describe_closed_port(const struct view *v, struct verdict *out);
void describe_not_ssh(const struct view *v, struct verdict *out);
void describe_versions(const struct view *v, struct verdict *out);
void describe_blackhole(const struct view *v, struct verdict *out);
void describe_dead_session(const struct view *v, struct verdict *out);
void describe_login_failure(const struct view *v, struct verdict *out);
void describe_stall(const struct view *v, struct verdict *out);
void describe_hangup(const struct view *v, struct verdict *out);
void describe_session(const struct view *v, struct verdict *out);

/* What a RST that answers the SYN says in its data. */
void describe_refusal(const struct view *v, struct verdict *out);
void describe_conflict(const struct view *v, struct verdict *out);
void describe_interception(const struct view *v, struct verdict *out);
/* A loss that a mark explains: SACK that a firewall forgets, ECN that a device drops. True where it is written. */
bool describe_loss(const struct view *v, struct verdict *out);

/* Fills versions, fingerprints, algorithms and the time of each stage. */
void describe_login(const struct view *v, struct ssh_report *out);

/* Parses the KEXINIT of one side. False where it was not seen whole. */
bool kexinit_of(const struct view *v, enum side side, struct ssh_kexinit *out);

#endif
