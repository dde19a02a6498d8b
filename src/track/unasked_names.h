/* Names that programs ask for by themselves, so that a failure of one is no sign of somebody's login. */
#ifndef TRACK_UNASKED_NAMES_H
#define TRACK_UNASKED_NAMES_H

#include <stdbool.h>

/* `name` is in lower case, without a final dot. */
bool name_is_unasked(const char *name);

#endif
