/* What the read-ahead thread makes of a frame, so that the first thread has less to do with it. */
#ifndef TRACK_FAST_CLASSIFY_H
#define TRACK_FAST_CLASSIFY_H

#include <sshsniff/frame.h>
#include <sshsniff/port_set.h>

#include "classified_frame.h"

struct tracker;

/* What of a tracker decides that, for a thread of its own. All but the hints never changes. */
struct classifier {
    struct port_set ports;
    const struct hash_key *hash_key;
    const struct steady_hints *hints; /* the tracker's */
};
void classifier_init(struct classifier *out, const struct tracker *t);

/* `steady_frame` is written only where it is CLASS_STEADY. */
void classify_frame(const struct classifier *classifier, const struct frame *frame, struct skipped_frame *out,
                    struct steady_frame *steady_frame);

/* The first thread's part. Has the processor fetch what frames will need. */
void classified_prefetch(const struct tracker *t, const struct skipped_frame *skipped_frame, size_t count);
/* Takes one that is CLASS_SKIP. False, and nothing is done, where its frame has to be looked at, for it may belong to
 * an attempt. */
bool classified_skip(struct tracker *t, const struct skipped_frame *skipped_frame);

#endif
