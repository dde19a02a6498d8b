/* The clear bytes of a connection put back in order, and what they say. */
#ifndef TRACK_DIALOGUE_H
#define TRACK_DIALOGUE_H

#include "dialogue_entry.h"

/* Takes a payload segment of `side`. `isn_known`: `isn` is the sequence number of that side's SYN.
 * `fresh`: it carries bytes not seen before. */
void dialogue_take(struct dialogue_entry *entry, enum side side, const struct packet *packet, bool isn_known,
                   uint32_t isn, bool fresh);
/* Frees the streams. */
void dialogue_clear(struct dialogue_entry *entry);

#endif
