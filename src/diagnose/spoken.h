/* What the files that judge a conversation share, and the tests of the key exchange for the rows of its chapters. */
#ifndef DIAGNOSE_SPOKEN_H
#define DIAGNOSE_SPOKEN_H

#include "evidence.h"

enum { PERSON_US = 1000000 }; /* what takes longer than this waits for a person */

/* The client closed first, by its own will. */
bool client_ends(const struct view *v);

/* It does not speak version 2 (RFC 4253 section 4.2), where the server does, or would. */
bool client_version_is_odd(const struct view *v);

/* The side whose data was sent again and again and never acknowledged, or NULL. */
const struct flow_side *stuck_side(const struct view *v);

/* spoken_kex.c */
bool nothing_common(const struct view *v, struct finding *f);
bool something_common(const struct view *v, struct finding *f);
bool echoed(const struct view *v, struct finding *f);
bool echoed_all(const struct view *v, struct finding *f);
bool no_kexinit(const struct view *v, struct finding *f);
bool offers_without_more(const struct view *v, struct finding *f);
bool key_shown_then_gone(const struct view *v, struct finding *f);
bool left_after_newkeys(const struct view *v, struct finding *f);
bool asks_one_key_type(const struct view *v, struct finding *f);
bool names_itself_scanner(const struct view *v, struct finding *f);

#endif
