/* What the files share that judge a conversation. */
#ifndef DIAGNOSE_SPOKEN_H
#define DIAGNOSE_SPOKEN_H

#include "evidence.h"

enum { PERSON_US = 1000000 }; /* what takes longer than this waits for a person */

/* The client closed first, by its own will. */
bool client_ends(const struct view *v);

/* It does not speak version 2 (RFC 4253 section 4.2), where the server does, or would. */
bool client_version_is_odd(const struct view *v);

/* Both can speak protocol 1, and not both protocol 2; and it goes on as a session does (spoken_protocol_1.c). */
bool protocol_1_agreed(const struct view *v);
bool protocol_1_session(const struct view *v);

/* The client's first bytes are no version line of SSH, and all of them are here. */
bool client_is_no_ssh(const struct view *v);
/* The server says that no version line came to it, although the client sent one. */
bool told_no_version(const struct view *v);
/* What the server says in words after its banner, or NULL. */
const char *words_of_server(const struct view *v);

/* The server's end is mute although it is its turn, and has taken what the client said; for how long, microseconds. 0:
 * it is not so (spoken_breaks.c). */
int64_t owed_for_us(const struct view *v);
/* Longer than a program may take for it. */
bool seems_stalled(const struct view *v);
/* So long that no end of the connection is needed to tell. */
bool surely_stalled(const struct view *v);
/* The server closed in the login without a word that explains it. */
bool hung_up(const struct view *v);

/* What vanishes has a DSCP value of its own, of which nothing ever passed, while others of that side passed
 * (loss_marks.c). `side`: whose; NULL is allowed. */
bool lost_by_dscp(const struct view *v, enum side *side);
/* The client heard nothing more of the server from when sshd begins to mark its packets. */
bool lost_since_marked(const struct view *v);
/* One of the two. */
bool lost_to_marking(const struct view *v, enum side *side);
/* The side whose segments are lost where they are marked ECN-capable, and pass when sent again without, or NULL. */
const struct flow_side *ect_lost(const struct view *v);
/* The side whose SACK blocks fit no sequence number that was sent, or NULL. */
const struct flow_side *stray_sacks(const struct view *v);
/* A router says that a later segment is too big. */
bool told_too_big(const struct view *v);
/* Small segments of this side vanish as well: what they acknowledge is sent again. */
bool small_ones_lost_too(const struct view *v, const struct flow_side *side);

/* The client left on reading the server's offer of algorithms, before its own (spoken_offer.c). */
bool left_on_offer(const struct view *v);

/* A segment lost once is sent again and arrives; sent again this often it does not pass. */
enum { STUCK_SENDS = 2 };

/* The side whose data was sent again and again and never acknowledged, or NULL. */
const struct flow_side *stuck_side(const struct view *v);

/* spoken_session.c: after the login had gone through. */
extern const struct evidence_rows session_rows;

/* spoken_login.c, spoken_kex.c, spoken_stalls.c and spoken_protocol_1.c. */
extern const struct evidence_rows login_rows, kex_rows, stall_rows, protocol_1_rows, word_rows, break_rows, mark_rows,
    offer_rows;

#endif
