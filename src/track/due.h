/* Live's timers. */
#ifndef TRACK_DUE_H
#define TRACK_DUE_H

#include <stdint.h>

struct tracker;

/* Hands over every attempt whose time has come by `now_us` (packet time), and forgets what is long over. */
void due_advance(struct tracker *t, int64_t now_us);

#endif
