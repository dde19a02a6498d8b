/* A file that is still being written: opened and followed, until a signal ends it. */
#ifndef CLI_WATCH_FOLLOW_H
#define CLI_WATCH_FOLLOW_H

#include "opened_files.h"
#include "run/watch.h"

/* Owns the descriptor in `opened`. */
void watch_follow(struct watch *watch, const struct opened_file *opened, struct filter *filter);

#endif
