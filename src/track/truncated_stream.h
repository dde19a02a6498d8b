/* The clear messages of a stream of which the snaplen left only the beginning of each segment. A message says its
 * length and its number first, and most begin a segment: so one leads to the next without the bytes between. */
#ifndef TRACK_TRUNCATED_STREAM_H
#define TRACK_TRUNCATED_STREAM_H

#include "dialogue_entry.h"

/* From the first segment that was cut: it lies at `offset` in its side's stream. */
void truncated_begin(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset);

/* Notes what messages begin in a segment. dialogue.truncated ends where what is there is no message. */
void truncated(struct dialogue_entry *entry, enum side side, const struct packet *packet, uint32_t offset);

#endif
