#ifndef CLI_WATCH_LIVE_H
#define CLI_WATCH_LIVE_H

#include "run/watch.h"

/* Watches what -i names until somebody ends it. */
void watch_live(struct watch *watch);

#endif
