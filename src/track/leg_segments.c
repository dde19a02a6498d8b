/* Which segments are a leg's: known by a SYN that follows another like it, and by the four-tuple from then on. */
#include "leg_segments.h"

#include <sshsniff/header_fields.h>

#include "attempt_facts.h"
#include "fast/compact_syn.h"
#include "life.h"
#include "mark.h"
#include "rivals.h"

bool recent_syn(const struct tracker *t, uint32_t seq, struct syn_trait *out)
{
    const struct syn_trait *noted = legs_recent(&t->legs, seq);
    if (!noted)
        return false;
    if (noted->compact)
        return compact_trait(t, noted->compact - 1, noted, out);
    *out = *noted;
    return true;
}

static bool is_sent_back(const struct attempt *attempt, const struct packet *syn)
{
    return syn->direction == DIRECTION_OUT && attempt->syn.bits & MARK_IN && syn->interface &&
           syn->interface == attempt->syn.interface && address_equal(&syn->src, &attempt->key.client) &&
           !address_equal(&syn->dst, &attempt->key.server);
}

/* The next leg of a connection whose SYN was seen just before. */
static bool take_leg(struct tracker *t, const struct packet *syn, const struct flow_key *key)
{
    struct syn_trait before;
    if (!recent_syn(t, syn->tcp.seq, &before) || !legs_follows(&before, syn))
        return false;
    struct entry *entry = rivals_of_syn(t, life_find_key(t, &before.key), syn->tcp.seq);
    if (!entry || !mark_seen(&entry->attempt.syn) || entry->attempt.syn.seq != syn->tcp.seq)
        return false;
    const uint32_t id = legs_add(&t->legs, entry->legs_id, &entry->attempt, key);
    if (!id)
        return false;
    entry->legs_id = id;
    if (port_set_has(&t->ports, key->server_port))
        entry->attempt.facts |= FACT_SSH_PORT;
    if (syn->direction == DIRECTION_OUT)
        entry->attempt.facts |= FACT_SYN_OUT_OF_HOST;
    if (is_sent_back(&entry->attempt, syn))
        entry->attempt.facts |= FACT_SENT_BACK;
    if (syn->ttl != entry->attempt.syn.ttl && packet_tells(syn, FIELD_TTL))
        entry->attempt.facts |= FACT_TTL_STEP;
    return true;
}

bool leg_takes(struct tracker *t, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    struct leg_set *known = legs_find(&t->legs, &key);
    if (!tcp_is_syn(tcp) || (known && known->isn == tcp->seq))
        return known != NULL;
    if (known)
        legs_forget(&t->legs, known);
    return take_leg(t, packet, &key);
}
