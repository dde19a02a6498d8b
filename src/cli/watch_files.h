#ifndef CLI_WATCH_FILES_H
#define CLI_WATCH_FILES_H

#include "run/watch.h"

/* Reads what -r names; troubles are told and counted as they come. */
void watch_files(struct watch *watch);

#endif
