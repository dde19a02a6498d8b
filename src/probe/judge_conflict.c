/* Several machines that answer for one address of this network. */
#include "judge_rows.h"

/* Whatever else was found was found on one of them, and the next connection may reach another. Judgement. */
#define OF_ONE_OF_THEM 0.8

static const char *mac_text(const uint8_t mac[6], char out[18])
{
    snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return out;
}

void judge_conflict(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_facts *facts = r->facts;
    char first[18], second[18];
    if (!facts->near || facts->neighbour_macs < 2)
        return;
    /* The one place that would name the conflict as the cause. */
    if (out->verdict.confidence > OF_ONE_OF_THEM)
        out->verdict.confidence = OF_ONE_OF_THEM;
    snprintf(out->note, sizeof out->note,
             "two MAC addresses answer for this address, %s and %s: two machines have it (or one has two cards on this "
             "network, or a router answers for others), and each connection may reach either",
             mac_text(facts->neighbour_mac[0], first), mac_text(facts->neighbour_mac[1], second));
}
