/* A second thread that reads ahead in a large file: it takes chunks of it in turn with the first one, reads them with a
 * handle of its own, and classifies their frames. Of most the first thread then needs to know little. What is done with
 * a frame, in which order, and all that comes of it, is the same with two threads as with one. */
#ifndef TRACK_FAST_READ_AHEAD_H
#define TRACK_FAST_READ_AHEAD_H

#include <sshsniff/capture.h>

#include "classified_frame.h"

struct tracker;

/* Part of a file, from one record to another. */
struct chunk {
    uint64_t from;                       /* the thread began to look for a record here: bytes from the file's start */
    uint64_t begins, ends;               /* where records do begin. The same: nothing came of it */
    struct skipped_frame *skipped_frame; /* for each of its frames */
    size_t count;
    struct steady_frame *steady_frame; /* for those that may be steady */
    size_t steady_frames;
    struct frame *other; /* of those that do neither, without their numbers; `bytes` holds their data */
    size_t others;
    uint8_t *bytes;
    size_t bytes_used;
    uint64_t bytes_read; /* of all frames' data */
};

/* Where more frames than these have to be looked at, the first thread is quicker alone. */
static inline bool read_ahead_pays(uint64_t frames, uint64_t looked_at)
{
    enum { ONE_IN = 4 };
    return looked_at * ONE_IN <= frames;
}

struct read_ahead; /* opaque */

/* NULL where it would not pay, or cannot be: for small files, pipes, compressed ones, and with one processor. `size` is
 * 0, or for tests the bytes of a chunk: then it does not have to pay, and each one is waited for. */
struct read_ahead *read_ahead_begin(const struct source *source, const struct tracker *tracker, size_t size);

/* For the first thread, at this offset of `source`: the chunk that begins here, to be given back; or NULL, and it has
 * to read by itself up to `*until`, and ask again. */
const struct chunk *read_ahead_take(struct read_ahead *read_ahead, const struct source *source, uint64_t *until);
void read_ahead_give(struct read_ahead *read_ahead);

/* How many frames, at most `most`, to ask of a source that is at this offset, so as to end at the first record from
 * `until` on: unless frames are very long, and then a chunk is lost. */
size_t read_ahead_wanted(uint64_t at, uint64_t until, size_t most);

/* The frame of a skipped_frame of the chunk that was taken, valid until the next call. False where it cannot be read.
 */
bool read_ahead_reread(struct read_ahead *read_ahead, const struct skipped_frame *skipped_frame, struct frame *out);

/* NULL is nothing to end. */
void read_ahead_end(struct read_ahead *read_ahead);

#endif
