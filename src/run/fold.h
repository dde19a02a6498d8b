/* Repeats, for a person who reads along: the first attempt of a kind is told in full, and those after it are counted
 * and told in one line, when no more come or after a minute. Later lines of the same fold come at longer intervals.
 *
 * Attempts are of a kind if cause, server (address and port, or name) and client are the same. Clients do not count
 * for scans, nor where more than five clients meet the same cause at one server within a minute. A client that had
 * logged in, or that the caller knows as its own, is not folded together with others.
 *
 * Memory is bounded. There is no clock in it: time is what the items say (packet time, microseconds). */
#ifndef RUN_FOLD_H
#define RUN_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/report.h>

#include "fold_item.h"

/* Called with each line that is to be told. `folded` and its name are valid until the call returns. */
typedef void (*fold_handler)(void *context, const struct folded_attempts *folded);

struct fold; /* opaque */

/* NULL when memory is out. */
struct fold *fold_new(fold_handler handler, void *context);
/* Nothing more is told. NULL is allowed. */
void fold_free(struct fold *fold);

/* The caller's own addresses as a client; copied, and added to those before. False when memory is out. */
bool fold_own_addresses(struct fold *fold, const struct address *address, size_t count);

/* True where the attempt was counted and will be told in a line; false where it has to be told in full now. */
bool fold_takes(struct fold *fold, const struct fold_item *item);

/* As fold_takes for an attempt that goes on with a fold. False where it would not, or opens one: then nothing is done,
 * and fold_takes has to be asked. Cheap. */
bool fold_goes_on(struct fold *fold, const struct fold_item *item);

/* Tells the lines that are due at this time. */
void fold_advance(struct fold *fold, int64_t now_us);
/* Tells all that is left: the source has ended. */
void fold_finish(struct fold *fold);

#endif
