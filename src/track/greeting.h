/* The lines at the start of a stream: the banner, what comes before it, or what comes in its place.
 *
 * Each byte is looked at a bounded number of times, however slowly or oddly the bytes arrive. */
#ifndef TRACK_GREETING_H
#define TRACK_GREETING_H

#include "dialogue_entry.h"

/* Looks at what has joined the stream since the last call. True once the banner was found; d->parsed is then behind it.
 */
bool greeting_read(struct dialogue_entry *entry, enum side side, const struct packet *packet);
/* The snaplen may cut a banner in the middle: what is left still says that it is one. */
void greeting_take_cut(struct dialogue *d, enum side side, const struct packet *packet);
/* Looks for a text with which OpenSSH turns a client away. */
void greeting_refusal(struct dialogue *d, const struct packet *packet);
/* Keeps the text that came after the banner, where a binary packet was due. */
void greeting_words(struct dialogue *d, const struct packet *packet);
/* The first line of `bytes`, unprintable bytes as '?', into `out` of SSH_BANNER_SIZE. */
void greeting_copy(char *out, const uint8_t *bytes, uint32_t length);

#endif
