/* hosts.allow and hosts.deny (hosts_access(5)): the rules by which a server that links libwrap closes a connection that
 * the kernel has already let in.
 */
#ifndef LOCAL_RULES_HOSTS_H
#define LOCAL_RULES_HOSTS_H

#include <sshsniff/local.h>

/* Texts of the two files, NULL where there is none. True: `rule` is the first line that speaks of the client and the
 * daemon `sshd`; its fate is LOCAL_PASSES, LOCAL_CLOSES or, where a line goes by a name that cannot be looked up here,
 * not certain. */
bool rules_hosts(const char *allow, const char *deny, const struct address *client, struct local_rule *rule);

/* Whether a program asks these files: its file names libwrap. */
bool rules_hosts_asked(const char *program);

#endif
