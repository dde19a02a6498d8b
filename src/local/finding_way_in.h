/* Findings on the way in and back. Each writes nothing, and says false, where its kind does not hold. */
#ifndef LOCAL_FINDING_WAY_IN_H
#define LOCAL_FINDING_WAY_IN_H

#include "finding_text.h"

bool finding_rule(const struct local_facts *facts, struct local_finding *out);
bool finding_ban(const struct local_facts *facts, struct local_finding *out);
bool finding_hosts_deny(const struct local_facts *facts, struct local_finding *out);
bool finding_user(const struct local_facts *facts, struct local_finding *out);
bool finding_startups(const struct local_facts *facts, struct local_finding *out);
bool finding_queue(const struct local_facts *facts, struct local_finding *out);
bool finding_conntrack(const struct local_facts *facts, struct local_finding *out);
bool finding_way_back(const struct local_facts *facts, struct local_finding *out);
bool finding_no_room(const struct local_facts *facts, struct local_finding *out);

#endif
