/* Sessions that cruise: logged in, or at it for long, and exchanging segment after segment, each beginning where the
 * one before had ended. Of a busy server's packets nearly all are such. What one changes is a few counters, so it is
 * taken as it lies, without being decoded; the least thing out of the ordinary, and it is decoded like all others. */
#ifndef TRACK_CRUISE_H
#define TRACK_CRUISE_H

#include <sshsniff/track.h>

/* Takes a frame that a glance found to be TCP, and no opening. GLANCE_DECODE, and nothing is done, where it is not for
 * here. */
enum glance_result cruise_take(struct tracker *t, const struct sight *sight, const struct frame *frame);

#endif
