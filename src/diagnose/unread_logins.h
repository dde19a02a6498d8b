/* Of a SYN that is turned away: whether its client may have failed to log in before. */
#ifndef DIAGNOSE_UNREAD_LOGINS_H
#define DIAGNOSE_UNREAD_LOGINS_H

#include "evidence.h"

extern const struct evidence_rows unread_login_rows;

#endif
