/* Hands attempts to the tracker's handler. */
#ifndef TRACK_HANDOVER_H
#define TRACK_HANDOVER_H

#include "state.h"

/* Unless that was done before, or it is not SSH. Its history is settled first. */
void handover_once(struct tracker *t, struct queued *q, int64_t until_us);
/* Live: a session that was handed over as logged in, and broke, is handed over once more. */
void handover_again(struct tracker *t, struct queued *q, int64_t until_us);

#endif
