/* Who a process is, and who asked for it to be started. */
#ifndef OS_IDENTITY_H
#define OS_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#define IDENTITY_NAME_SIZE 64
#define SERVICE_ACCOUNT    "sshsniff"

struct identity {
    uid_t uid;
    gid_t gid;
    char name[IDENTITY_NAME_SIZE]; /* "": a number without an account */
};

/* Who asked: who called sudo, or else who started this process; root where root itself did. */
void identity_of_asker(struct identity *out);

/* The account of this name. False where there is none. */
bool identity_of_account(const char *name, struct identity *out);

/* Whom a root that nobody called sudo for becomes: the service account, or nobody where there is none (`*is_nobody`).
 */
void identity_of_service(struct identity *out, bool *is_nobody);

/* Acts as the one who asked, groups included, until identity_return: to open what is theirs. False with errno where
 * that fails; nothing is changed then. No other thread may run. */
bool identity_borrow(const struct identity *asker);
void identity_return(void);

/* In a child, before exec: becomes the one who asked for good, with their groups and home and without any capability
 * of this program's. False: do not go on. */
bool identity_become_asker(void);

#endif
