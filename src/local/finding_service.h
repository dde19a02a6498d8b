/* Findings on the server itself. Each writes nothing, and says false, where its kind does not hold. */
#ifndef LOCAL_FINDING_SERVICE_H
#define LOCAL_FINDING_SERVICE_H

#include "finding_text.h"

bool finding_not_installed(const struct local_facts *facts, struct local_finding *out);
bool finding_not_running(const struct local_facts *facts, struct local_finding *out);

#endif
