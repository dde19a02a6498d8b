/* What is said from time to time while a source is read: heartbeats, --metrics, the status line. */
#ifndef RUN_PERIODIC_H
#define RUN_PERIODIC_H

#include "watch.h"

/* Whatever is due of them. */
void periodic(struct watch *watch, struct source *source);

/* Writes --metrics' file, where there is one, from what was counted of all sources that were read. False where it
 * cannot be written. */
bool watch_write_metrics(struct watch *watch);

#endif
