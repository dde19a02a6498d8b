/* Findings on who listens. Each writes nothing, and says false, where its kind does not hold. */
#ifndef LOCAL_FINDING_LISTENERS_H
#define LOCAL_FINDING_LISTENERS_H

#include "finding_text.h"

bool finding_another_port(const struct local_facts *facts, struct local_finding *out);
bool finding_other_addresses(const struct local_facts *facts, struct local_finding *out);
bool finding_another_program(const struct local_facts *facts, struct local_finding *out);

bool finding_leads_into_a_container(const char *program);

/* The command that gives a port free that another program has. */
void finding_free_port(const struct local_facts *facts, const struct local_listener *holder, char *mend);

bool finding_is_known(enum local_state state);

/* A listener on that port that is an SSH server, or is none. NULL: there is none. */
const struct local_listener *finding_listener(const struct local_facts *facts, uint16_t port, bool ssh);

/* An SSH server's listener on any port. */
const struct local_listener *finding_any_ssh(const struct local_facts *facts);

/* Its program could not be seen, so it may be SSH. */
bool finding_is_unnamed(const struct local_listener *listener);

#endif
