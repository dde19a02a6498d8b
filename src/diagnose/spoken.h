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

/* A segment lost once is sent again and arrives; sent again this often it does not pass. */
enum { STUCK_SENDS = 2 };

/* The side whose data was sent again and again and never acknowledged, or NULL. */
const struct flow_side *stuck_side(const struct view *v);

/* spoken_session.c: after the login had gone through. */
extern const struct evidence_rows session_rows;

/* spoken_login.c, spoken_kex.c, spoken_stalls.c and spoken_protocol_1.c. */
extern const struct evidence_rows login_rows, kex_rows, stall_rows, protocol_1_rows;

#endif
