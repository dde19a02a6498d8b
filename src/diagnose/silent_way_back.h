/* SYNs that reach the server, and of which it makes nothing. */
#ifndef DIAGNOSE_SILENT_WAY_BACK_H
#define DIAGNOSE_SILENT_WAY_BACK_H

#include "evidence.h"

/* The server looks for the client on its own link, though the client's SYN came through a router. */
bool client_is_sought(const struct view *v);
/* This port takes SYNs from the same address whose time stamps are one machine's, and this one's is lower. */
bool timestamp_went_back(const struct view *v);

/* The SYN came in by one interface of this machine, and the SYN-ACK left it by another. */
bool answers_leave_elsewhere(const struct view *v);

extern const struct evidence_rows way_back_rows;

#endif
