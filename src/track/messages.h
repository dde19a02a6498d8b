/* What is noted of each SSH message: the clear ones by their number, the encrypted ones by their size. */
#ifndef TRACK_MESSAGES_H
#define TRACK_MESSAGES_H

#include <sshsniff/tracker.h>

/* A clear message of `side` begins in `packet`. */
void messages_note_clear(struct dialogue *d, enum side side, uint8_t message, const struct packet *packet);
/* `size` bytes of `packet` are encrypted. */
void messages_note_encrypted(struct dialogue *d, enum side side, const struct packet *packet, uint32_t size);

#endif
