/* Sentences and commands of findings, kind by kind. Each writes nothing, and says false, where its kind does not hold.
 */
#ifndef LOCAL_FINDING_WORDS_H
#define LOCAL_FINDING_WORDS_H

#include "finding.h"

bool finding_not_installed(const struct local_facts *facts, struct local_finding *out);
bool finding_not_running(const struct local_facts *facts, struct local_finding *out);
bool finding_another_port(const struct local_facts *facts, struct local_finding *out);
bool finding_other_addresses(const struct local_facts *facts, struct local_finding *out);
bool finding_another_program(const struct local_facts *facts, struct local_finding *out);
bool finding_rule(const struct local_facts *facts, struct local_finding *out);
bool finding_ban(const struct local_facts *facts, struct local_finding *out);
bool finding_hosts_deny(const struct local_facts *facts, struct local_finding *out);
bool finding_user(const struct local_facts *facts, struct local_finding *out);
bool finding_startups(const struct local_facts *facts, struct local_finding *out);
bool finding_queue(const struct local_facts *facts, struct local_finding *out);
bool finding_conntrack(const struct local_facts *facts, struct local_finding *out);
bool finding_way_back(const struct local_facts *facts, struct local_finding *out);
bool finding_no_room(const struct local_facts *facts, struct local_finding *out);

/* Appends "systemctl restart ssh", in the words of what starts the server here; `what` is restart, reload or start. */
void finding_add_control(const struct local_facts *facts, const char *what, char *text);

/* Appends to a text of FINDING_TEXT bytes. */
__attribute__((format(printf, 2, 3))) void finding_add(char *text, const char *format, ...);

#endif
