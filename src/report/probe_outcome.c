#include "probe_outcome.h"

void probe_outcome_verdict(const struct probe_outcome *outcome, struct verdict *out)
{
    *out = outcome->verdict->verdict;
    out->probe_tells = false; /* it was asked */
    out->deciding_packet = 0;
    for (unsigned i = 0; i < out->evidence_count; i++)
        out->evidence[i].packet = 0;
}

const struct probe_service *probe_outcome_elsewhere(const struct probe_outcome *outcome)
{
    const struct probe_facts *facts = outcome->facts;
    if (outcome->verdict->verdict.cause == CAUSE_NONE)
        return NULL;
    for (unsigned i = 0; i < facts->services; i++)
        if (facts->service[i].is_ssh && facts->service[i].port != facts->port)
            return &facts->service[i];
    return NULL;
}
