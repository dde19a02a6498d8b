/* Linux capabilities, by libcap-ng. Each call speaks of this thread: no other may run yet. */
#ifndef OS_CAPABILITIES_H
#define OS_CAPABILITIES_H

#include <stdbool.h>

/* Empties the bounding set, where that is allowed (CAP_SETPCAP). It has to come before the uid is changed. */
void capabilities_clear_bounding(void);

/* Empties all other sets: effective, permitted, inheritable, ambient. False where one capability is left. */
bool capabilities_keep_none(void);

/* The same, but CAP_NET_RAW stays permitted and effective. False where it is not there, or others stayed. */
bool capabilities_keep_raw(void);

/* Root's uid gives no capability back, not even to what it runs. False where that is not allowed. */
bool capabilities_unmake_root(void);

#endif
