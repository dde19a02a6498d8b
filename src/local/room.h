/* What room.c reads of texts. */
#ifndef LOCAL_ROOM_H
#define LOCAL_ROOM_H

#include <stdbool.h>
#include <stdint.h>

/* "… [listener] 3 of 10-100 startups", the title of OpenSSH's listener since 8.2. False where it is none. */
bool room_startups(const char *title, uint32_t *startups, uint32_t *begin, uint32_t *full);

/* Whether a process of sshd, by its title, serves a connection that has not logged in. */
bool room_is_before_login(const char *title);

/* The sum of the column "drop" of /proc/net/stat/nf_conntrack. */
uint64_t room_conntrack_drops(const char *text);

#endif
