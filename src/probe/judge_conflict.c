/* Several machines that answer for one address of this network. */
#include "judge_rows.h"

/* Whatever else was found was found on one of them, and the next connection may reach another. Judgement. */
#define OF_ONE_OF_THEM 0.8

static const char *mac_text(const uint8_t mac[6], char out[18])
{
    snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return out;
}

/* A connection that came about is none's failure; what else was found stays as the rival. */
static void name_conflict(struct verdict *v)
{
    if (v->cause != CAUSE_UNDETERMINED && v->cause != CAUSE_ADDRESS_CONFLICT) {
        v->alternatives[0] = (struct alternative){v->cause, 1 - OF_ONE_OF_THEM};
        v->alternatives_count = 1;
    }
    v->cause = CAUSE_ADDRESS_CONFLICT;
    v->confidence = OF_ONE_OF_THEM;
    v->where = WHERE_HOST;
    v->where_confidence = OF_ONE_OF_THEM;
    v->reason[0] = '\0';
}

void judge_conflict(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_facts *facts = r->facts;
    char first[18], second[18];
    if (!facts->near || facts->neighbour_macs < 2)
        return;
    if (out->verdict.confidence > OF_ONE_OF_THEM)
        out->verdict.confidence = OF_ONE_OF_THEM;
    if (out->verdict.cause != CAUSE_NONE)
        name_conflict(&out->verdict);
    snprintf(out->note, sizeof out->note,
             "two MAC addresses answer for this address, %s and %s: two machines have it (or one has two cards on this "
             "network, or a router answers for others), and each connection may reach either",
             mac_text(facts->neighbour_mac[0], first), mac_text(facts->neighbour_mac[1], second));
}
