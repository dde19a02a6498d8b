/* Sessions that cruise: logged in, or at it for long, and exchanging segment after segment, each beginning where the
 * one before had ended. Of a busy server's packets nearly all are such. What one changes is a few counters, so it is
 * taken as it lies, without being decoded; the least thing out of the ordinary, and it is decoded like all others. */
#ifndef TRACK_FAST_STEADY_H
#define TRACK_FAST_STEADY_H

#include <stdatomic.h>

#include <sshsniff/tracker.h>

/* Which sessions cruised when last asked, by the hash of their four-tuple: a guess, for whoever sieves ahead in another
 * thread. */
enum { STEADY_HINTS = 1024 };
struct steady_hints {
    atomic_bool is_steady[STEADY_HINTS];
};

static inline bool steady_is_likely(const struct steady_hints *hints, uint32_t flow_hash)
{
    return atomic_load_explicit(&hints->is_steady[flow_hash % STEADY_HINTS], memory_order_relaxed);
}

/* Reads a segment in which a glance found all headers to be there. False where more than the usual is in them, or bytes
 * are missing. */
bool steady_read(const struct quick *quick, const struct frame *frame, struct steady_segment *out);

/* Takes a frame that a glance found to be TCP, and no opening. QUICK_NEEDS_DECODE, and nothing is done, where it is not
 * for here. */
enum quick_result steady_take(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame);

#endif
