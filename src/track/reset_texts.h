/* What resets say: a RST may carry text that tells why (RFC 9293 section 3.5.3, RFC 1122 section 4.2.2.12). Boxes that
 * reset say the same again and again, so each text is kept once for all attempts. */
#ifndef TRACK_RESET_TEXTS_H
#define TRACK_RESET_TEXTS_H

#include <sshsniff/attempt.h>

enum { RESET_TEXTS = 64 }; /* a hostile capture may have more; those are not remembered */

struct reset_texts {
    unsigned count;
    char text[RESET_TEXTS][RESET_TEXT_SIZE];
};

/* The text of a RST of this attempt, if it has any and if none came before. The attempt points into `texts`. */
void reset_text_note(struct reset_texts *texts, struct attempt *attempt, const struct packet *packet);

#endif
