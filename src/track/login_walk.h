/* What the files share that walk over the events of a login. */
#ifndef TRACK_LOGIN_WALK_H
#define TRACK_LOGIN_WALK_H

#include "login_sizes.h"

/* Bytes on the wire of a refusal with any list of methods that servers have (judgement); more than that, and it came
 * with something else. */
enum { LONGEST_REFUSAL = 160 };

/* Padding that servers add beyond the least (lab: dropbear 8 bytes, tinysshd up to 16). */
enum { EXTRA_PADDING = 24 };

/* The walk over the events. */
struct walk {
    const struct dialogue *d;
    struct login_sizes e;
    struct login_reading *out;
    uint32_t size;    /* of the answer in hand */
    uint32_t refusal; /* size of the first refusal; 0 before any */
    uint32_t granted; /* size of the server's word that grants the service; 0: not known */
    uint32_t asked_size;
    int64_t asked_us, asked_after_us, waited_us, slowest_us;
    bool served, skipped[2];
    bool lossy;    /* segments are missing: whose turn it was is not known */
    bool bannered; /* the first answer held a login banner, so its size is no refusal's */
};

/* login_success.c */

/* Whether the server's event `at` grants the login. */
bool login_succeeds(const struct walk *w, uint32_t at);

/* Notes what both sides said after success, the event `at`: whether a session began. */
void login_read_after(const struct dialogue *d, uint32_t at, struct login_reading *out);

/* Whether more bytes are moved than any login does. */
bool login_moves_bulk(const struct walk *w);

#endif
