/* Rights are needed to open things, and for nothing after. */
#ifndef OS_PRIVILEGE_H
#define OS_PRIVILEGE_H

#include <stdbool.h>

#include "identity.h"

#define PRIVILEGE_ERROR_SIZE 256

struct privilege {
    struct identity now;
    bool is_root;   /* uid 0 was kept, without any capability: only behind Landlock and seccomp is that safe */
    bool is_nobody; /* there is no service account here */
};

/* Other processes of the same user can neither take this one's descriptors nor look into its memory, from now on until
 * the uid or the capabilities change. */
void privilege_hide(void);

/* Who privilege_drop would become, for what has to be theirs from the start. False with one line in `error`. */
bool privilege_whom(const char *user, struct identity *out, char error[PRIVILEGE_ERROR_SIZE]);

/* Gives up root, groups and all capabilities, for good, and checks that they are gone; other processes of the same user
 * can no longer take this one's descriptors or look into its memory. No other thread may run yet.
 * `user`: become this user ("root": keep the uid, and nothing else of root). NULL: who called sudo; where nobody did, a
 * root becomes the service account, and others stay who they are. False with one line in `error`: the caller must not
 * go on. */
bool privilege_drop(const char *user, struct privilege *out, char error[PRIVILEGE_ERROR_SIZE]);

/* The same, but the right to open raw sockets (CAP_NET_RAW) stays, for a process that reads nothing from the network.
 */
bool privilege_drop_but_raw(const char *user, struct privilege *out, char error[PRIVILEGE_ERROR_SIZE]);

/* The same, but of the rights to look at what is others' (capabilities_keep_looking) those stay that there were. */
bool privilege_drop_but_looking(const char *user, struct privilege *out, char error[PRIVILEGE_ERROR_SIZE]);

#endif
