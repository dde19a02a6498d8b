/* What this machine says of itself, for rows, places and texts. */
#include <string.h>

#include "local.h"

static const float read_afterwards = 0.5f;

const struct local_evidence *local_of(const struct view *v)
{
    const struct local_evidence *local = v->file->local;
    return local && local->role != LOCAL_ROLE_NONE ? local : NULL;
}

const struct local_evidence *local_target(const struct view *v)
{
    const struct local_evidence *local = local_of(v);
    return local && local->role == LOCAL_ROLE_TARGET ? local : NULL;
}

float local_part(const struct local_age *age)
{
    return age->hold == LOCAL_HOLDS_STEADY ? 1 : age->hold == LOCAL_HOLDS_AFTER ? read_afterwards : 0;
}

/* ---- Listeners ---- */

static bool takes(const struct local_listener *l, const struct address *address)
{
    static const struct address any4 = {{[10] = 0xff, [11] = 0xff}};
    const bool v4 = address_is_ipv4(address);
    if (address_is_none(&l->address)) /* IPv6's unspecified address takes IPv4 too, unless told not to */
        return !v4 || !l->v6_only;
    return address_equal(&l->address, address) || (v4 && address_equal(&l->address, &any4));
}

const struct local_listener *local_listener_for(const struct local_sockets *sockets, const struct address *address,
                                                uint16_t port)
{
    if (sockets->state != LOCAL_KNOWN)
        return NULL;
    for (unsigned i = 0; i < sockets->listeners && i < LOCAL_LISTENERS; i++)
        if (sockets->listener[i].port == port && takes(&sockets->listener[i], address))
            return &sockets->listener[i];
    return NULL;
}

bool local_nobody_listens(const struct local_evidence *local, const struct flow_key *key)
{
    const struct local_sockets *sockets = &local->facts->sockets;
    return holds(&local->sockets) && sockets->state == LOCAL_KNOWN && !sockets->more && !local_sends_on(local) &&
           !local_listener_for(sockets, &key->server, key->server_port);
}

bool local_queue_is_full(const struct local_evidence *local, const struct flow_key *key)
{
    const struct local_listener *l = local_listener_for(&local->facts->sockets, &key->server, key->server_port);
    return holds(&local->sockets) && l && l->queue > l->queue_limit;
}

/* ---- Rules ---- */

const struct local_rule *local_deciding_rule(const struct local_rules *rules)
{
    if (rules->state != LOCAL_KNOWN || rules->deciding < 0 || rules->deciding >= rules->rules ||
        rules->deciding >= LOCAL_RULES)
        return NULL;
    return &rules->met[rules->deciding];
}

bool local_rule_bans(const struct local_rule *rule)
{
    return rule->owner == LOCAL_FAIL2BAN || rule->owner == LOCAL_SSHGUARD || rule->owner == LOCAL_CROWDSEC;
}

static bool stops(const struct local_rule *rule)
{
    return rule->by != LOCAL_BY_FILE && (rule->fate == LOCAL_DROPS || rule->fate == LOCAL_REJECTS_RST ||
                                         rule->fate == LOCAL_REJECTS_ICMP || rule->fate == LOCAL_LIMITS);
}

const struct local_rule *local_stopping_rule(const struct local_evidence *local)
{
    const struct local_rule *rule = local_deciding_rule(&local->facts->rules);
    return holds(&local->rules) && rule && stops(rule) ? rule : NULL;
}

bool local_count_is_own(const struct local_count *count)
{
    return count->known && count->own > 0 && count->others == 0 && count->after - count->before == count->own;
}

bool local_rule_is_proved(const struct local_evidence *local)
{
    const struct local_rule *rule = local_stopping_rule(local);
    if (!rule)
        return false;
    if (local->rule.known && local->rule.own > 0 && local->rule.after == local->rule.before)
        return false; /* the SYN came, and was not counted: it did not meet this rule */
    return rule->certain || local_count_is_own(&local->rule);
}

bool local_sends_on(const struct local_evidence *local)
{
    return holds(&local->rules) && local->facts->rules.state == LOCAL_KNOWN &&
           local->facts->rules.fate == LOCAL_SENT_ON;
}

bool local_rules_let_pass(const struct local_evidence *local)
{
    const struct local_rules *rules = &local->facts->rules;
    const bool known = rules->state == LOCAL_KNOWN || rules->state == LOCAL_ABSENT;
    /* The kernel lets in whom the server closes on. */
    return holds(&local->rules) && known && rules->certain && !rules->not_all_walked &&
           (rules->fate == LOCAL_PASSES || rules->fate == LOCAL_CLOSES);
}

const struct local_rule *local_hosts_denial(const struct local_evidence *local)
{
    const struct local_rules *rules = &local->facts->rules;
    if (!holds(&local->rules) || rules->state != LOCAL_KNOWN)
        return NULL;
    for (unsigned i = 0; i < rules->rules && i < LOCAL_RULES; i++) {
        const struct local_rule *rule = &rules->met[i];
        if (rule->by == LOCAL_BY_FILE && rule->owner == LOCAL_HOSTS_ACCESS && rule->certain &&
            rule->fate != LOCAL_PASSES && rule->fate != LOCAL_LOGS && rule->fate != LOCAL_FATE_UNKNOWN)
            return rule;
    }
    return NULL;
}

/* ---- Room and the way back ---- */

static bool grew(const struct local_count *count)
{
    return count->known && count->own > 0 && count->after > count->before;
}

bool local_tracking_is_full(const struct local_evidence *local)
{
    const struct local_room *room = &local->facts->room;
    if (!holds(&local->room) || room->state != LOCAL_KNOWN)
        return false;
    return grew(&local->conntrack) || (room->conntrack_max && room->conntrack >= room->conntrack_max);
}

const char *local_way_back_fault(const struct local_evidence *local)
{
    const struct local_way_back *way = &local->facts->way_back;
    if (!holds(&local->way_back) || way->state != LOCAL_KNOWN || way->client_is_self)
        return NULL;
    if (way->unreachable)
        return "there is no route to it";
    if (way->client_is_behind_bridge)
        return "a local bridge's network holds its address";
    return way->by_other_interface ? "they leave by another interface than its SYNs come in by" : NULL;
}
