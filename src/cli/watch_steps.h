/* What comes before the first frame, of whatever kind of source. Each is false where this must not go on: why is on
 * standard error then. */
#ifndef CLI_WATCH_STEPS_H
#define CLI_WATCH_STEPS_H

#include "os/confinement.h"
#include "run/watch.h"

/* The files of -w, --metrics and --html, as the one who asked for them: where they cannot be written, nothing is worth
 * starting.
 */
bool watch_open_outputs(struct watch *watch);

/* `folder`: below it files may still be read; NULL: none. */
bool watch_give_up_rights(struct watch *watch, enum process_kind kind, const char *folder);

bool watch_begin_saving(struct watch *watch, const struct source *source);

#endif
