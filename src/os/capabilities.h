/* Linux capabilities, by libcap-ng. Each call speaks of this thread: no other may run yet. */
#ifndef OS_CAPABILITIES_H
#define OS_CAPABILITIES_H

#include <stdbool.h>

/* Empties the bounding set, where that is allowed (CAP_SETPCAP). It has to come before the uid is changed. */
void capabilities_clear_bounding(void);

/* Empties all other sets: effective, permitted, inheritable, ambient. False where one capability is left. */
bool capabilities_keep_none(void);

/* The same, but CAP_NET_RAW stays permitted and effective. False where it is not there, or others stayed. */
bool capabilities_keep_raw(void);

/* The rights to look at what is not one's own, and to change none of it: files and folders of all, descriptors of all
 * processes, netfilter's rules (CAP_NET_ADMIN shows them, there is no smaller right; iptables-legacy opens a raw socket
 * to list its own). Of these, what this process has stays permitted, effective and inheritable; all others go. False
 * where another one stayed. */
bool capabilities_keep_looking(void);

/* Whether all files may be read. */
bool capabilities_see_all_files(void);

/* Before the bounding set is emptied, for it bounds what can be made inheritable. */
void capabilities_let_inherit_looking(void);

/* In a child, before exec: the program to come keeps these rights. */
void capabilities_hand_on_looking(void);

/* Root's uid gives no capability back, not even to what it runs. False where that is not allowed. */
bool capabilities_unmake_root(void);

#endif
