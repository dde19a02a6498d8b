/* The rules of this machine, kept as they were read last, and read again when the kernel says that they changed. */
#ifndef LOCAL_RULES_WATCH_H
#define LOCAL_RULES_WATCH_H

#include <sshsniff/local_evidence.h>

#include "trail.h"

struct rules_watch; /* opaque */

/* Reads them. NULL: memory is out. */
struct rules_watch *rules_watch_new(void);
void rules_watch_free(struct rules_watch *watch);

/* On which the kernel's word arrives; -1: it does not tell. */
int rules_watch_descriptor(const struct rules_watch *watch);

/* Takes what was told, and reads again what changed, as long as that does not take too much of the processor. */
void rules_watch_refresh(struct rules_watch *watch);

/* The way of a SYN: that of question->client to this machine, or (LOCAL_ROLE_CLIENT) this machine's own to
 * question->server, of the user `uid` where `uid_known`. `rule`: the counter of the rule that decides.
 * `out` is left as it is where they are not known, or to walk them would take too much of the processor. */
void rules_watch_walk(struct rules_watch *watch, const struct local_question *question, enum local_role role,
                      bool uid_known, uint32_t uid, struct local_rules *out, struct local_span *walk,
                      struct local_trail *rule);

#endif
