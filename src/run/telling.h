/* What becomes of an attempt: judged, shown or not, counted, folded with others alike, told in every place that was
 * asked for. */
#ifndef RUN_TELLING_H
#define RUN_TELLING_H

#include "watch.h"

/* Before the first attempt of a source, and after its last. `local`: the addresses of this machine. */
void telling_begin(struct watch *watch, const struct address *local, size_t local_count);
void telling_end(struct watch *watch);

/* The tracker's callbacks; `context` is the struct watch. */
void telling_case(void *context, const struct case_file *file);
enum cache_answer telling_known(void *context, const struct evidence_key *evidence_key,
                                const struct attempt_summary *summary);
void telling_host(void *context, const struct host *host);

/* What this machine says of an attempt has come, or nothing came in time. */
void telling_local(void *context, const struct case_file *file);

#endif
