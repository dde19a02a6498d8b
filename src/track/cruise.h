/* Sessions that cruise: logged in, or at it for long, and exchanging segment after segment, each beginning where the
 * one before had ended. Of a busy server's packets nearly all are such. What one changes is a few counters, so it is
 * taken as it lies, without being decoded; the least thing out of the ordinary, and it is decoded like all others. */
#ifndef TRACK_CRUISE_H
#define TRACK_CRUISE_H

#include <stdatomic.h>

#include <sshsniff/track.h>

/* Which sessions cruised when last asked, by the hash of their four-tuple: a guess, for whoever sieves ahead in another
 * thread. */
enum { CRUISE_HINTS = 1024 };
struct cruise_hints {
    atomic_bool cruises[CRUISE_HINTS];
};

static inline bool cruise_is_likely(const struct cruise_hints *hints, uint32_t flow_hash)
{
    return atomic_load_explicit(&hints->cruises[flow_hash % CRUISE_HINTS], memory_order_relaxed);
}

/* Reads a segment in which a glance found all headers to be there. False where more than the usual is in them, or bytes
 * are missing. */
bool cruise_read(const struct glance *glance, const struct frame *frame, struct cruise_segment *out);

/* Takes a frame that a glance found to be TCP, and no opening. GLANCE_DECODE, and nothing is done, where it is not for
 * here. */
enum glance_result cruise_take(struct tracker *t, const struct sight *sight, const struct frame *frame);

#endif
