/* --confirm: settles an ambiguous verdict by probing its target, from a process of its own, so that the capture goes
 * on. */
#ifndef SSHSNIFF_CONFIRM_H
#define SSHSNIFF_CONFIRM_H

#include <sshsniff/decode.h>
#include <sshsniff/diagnose.h>

struct confirm; /* opaque; NULL stands for "not asked for" in all functions */

/* Starts the process that may send. Call it before privileges are dropped. NULL with one line in `error` on failure. */
struct confirm *confirm_start(bool json, bool numeric, unsigned verbose, char error[256]);

/* Has the target of a failed attempt probed where a probe would settle what packets left open: at most once a minute
 * for each. */
void confirm_consider(struct confirm *confirm, const struct case_file *file, const struct verdict *verdict);

/* True for packets of a probe, or about one: they are no attempts of anybody's. */
bool confirm_is_own(const struct confirm *confirm, const struct packet *packet);

/* Waits for a probe under way, and ends the process. */
void confirm_end(struct confirm *confirm);

/* Whether a probe could tell the verdict's cause from its rivals, and the verdict needs it. */
bool confirm_is_ambiguous(const struct verdict *verdict);

#endif
