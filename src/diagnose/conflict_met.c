/* Which machine an attempt met, and whether others that were accepted at the same address met another. */
#include "conflict.h"

#include <string.h>

const struct mark *answer_of(const struct view *v)
{
    if (!v->answer)
        return NULL;
    const struct mark *answer = seen(&v->answer->refusal) ? &v->answer->refusal : &v->answer->synack;
    return seen(answer) ? answer : NULL;
}

/* The machine that this attempt met: by the MAC address that the SYN went to, or, where a capture does not hold that
 * (cooked ones), the one that the answer came from. */
struct met {
    const uint8_t *mac; /* NULL: not known */
    uint32_t interface;
    bool asked;
};

static struct met met_by(const struct view *v)
{
    const struct mark *answer = answer_of(v);
    if (v->attempt->has_asked_mac && !(v->syn->bits & (MARK_IN | MARK_OUT)))
        return (struct met){v->attempt->asked_mac, v->syn->interface, true};
    if (answer && answer->bits & MARK_MAC && !(answer->bits & MARK_OUT))
        return (struct met){answer->mac, answer->interface, false};
    return (struct met){NULL, 0, false};
}

static const uint8_t *mac_of_look(const struct server_look *look, bool asked)
{
    if (asked)
        return look->has_asked_mac ? look->asked_mac : NULL;
    return look->has_mac ? look->mac : NULL;
}

/* A look of the server's that belongs to another machine than this attempt met. */
static bool is_of_another(const struct view *v, const struct server_look *look)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct met met = met_by(v);
    const uint8_t *mac = mac_of_look(look, met.asked);
    return met.mac && mac && look->spoke && look->interface == met.interface && memcmp(mac, met.mac, MAC_SIZE) != 0 &&
           hops_from_start(look->ttl) == 0;
}

/* Of those, one that is there before and after this attempt, where `again`; else one that is there only before it, or
 * only after. */
static const struct server_look *another_machine(const struct view *v, bool again)
{
    const struct server_identity *i = v->file->identity;
    const struct server_look *found = NULL;
    for (int n = 0; i && n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (!is_of_another(v, look))
            continue;
        if (again == (look->first_us < v->syn->ts_us && look->last_us > v->syn->ts_us))
            found = look;
        else if (!again)
            return NULL;
    }
    return found;
}

/* The answer, if any came, has a full TTL: whoever sent it is on this link. A router's MAC address stands for many. */
static bool met_on_link(const struct view *v)
{
    if (lacks(v, FIELD_TTL) || !seen(v->syn) || !met_by(v).mac || went_well(v))
        return false;
    const struct mark *answer = answer_of(v);
    return !answer || hops_from_start(answer->ttl) == 0;
}

/* The two machines: the one that was met, and the one of a look. */
static void name_machines(const struct view *v, struct finding *f, const struct server_look *other)
{
    const struct met met = met_by(v);
    const uint8_t *mac = mac_of_look(other, met.asked);
    f->packet = met.asked ? v->syn->number : answer_of(v)->number;
    f->address = &v->attempt->key.server;
    f->word = met.asked ? "went to" : "was answered by";
    f->value[0] = mac_value(met.mac);
    f->value[1] = mac_value(mac);
    f->scale = part_of(v, met.mac, mac, false);
}

bool asks_other(const struct view *v, struct finding *f)
{
    const struct server_look *other = met_on_link(v) ? another_machine(v, true) : NULL;
    if (!other)
        return false;
    name_machines(v, f, other);
    f->value[2] = other->first_number;
    f->value[3] = other->last_number;
    return true;
}

/* No ARP was captured that would show whether the first one handed the address over. */
bool asks_new(const struct view *v, struct finding *f)
{
    const struct server_identity *i = v->file->identity;
    const struct server_look *other = i && i->claims_used < 2 && met_on_link(v) ? another_machine(v, false) : NULL;
    if (!other)
        return false;
    name_machines(v, f, other);
    f->value[2] = other->last_number;
    return true;
}

/* It has another host key of the same kind, and another MAC address. */
bool second_host_key(const struct view *v, struct finding *f)
{
    const struct server_identity *i = v->file->identity;
    const struct dialogue *d = v->dialogue;
    for (int n = 0; i && d && d->host_key && met_on_link(v) && n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (!is_of_another(v, look) || look->host_key_type != d->host_key_type || look->host_key == d->host_key)
            continue;
        f->packet = d->clock.kex_number[SIDE_SERVER];
        f->value[0] = look->last_number;
        f->value[1] = mac_value(mac_of_look(look, met_by(v).asked));
        return true;
    }
    return false;
}

/* The connection's first and latest segments went to one MAC address. */
static bool asked_one_machine(const struct view *v)
{
    return v->attempt->has_asked_mac && !(v->connection && v->connection->has_asked_mac &&
                                          memcmp(v->connection->asked_mac, v->attempt->asked_mac, MAC_SIZE) != 0);
}

/* Of the looks of the machine that the SYN went to, one of another connection than this. */
static bool is_of_same_machine(const struct view *v, const struct server_look *look)
{
    const bool other_too = look->count > 1 || !v->answer || look->last_number != v->answer->synack.number;
    return look->spoke && other_too && look->has_asked_mac &&
           memcmp(look->asked_mac, v->attempt->asked_mac, MAC_SIZE) == 0;
}

/* The machine that this attempt met had greeted others, so it is the server, and what failed has another reason. Once
 * it shows a host key of its own, the other machine greets as well. */
bool met_the_usual(const struct view *v, struct finding *f)
{
    const struct server_identity *i = v->file->identity;
    const bool before_greeting = v->stage <= STAGE_ACCEPTED;
    if (!i || i->claims_used < 2 || !asked_one_machine(v) || (!before_greeting && v->stage < STAGE_AUTH))
        return false;
    for (int n = 0; n < i->looks_used; n++) {
        const struct server_look *look = &i->look[n];
        if (is_of_same_machine(v, look) &&
            (before_greeting || strncmp(look->banner, v->dialogue->banner[SIDE_SERVER].text, LOOK_BANNER - 1) == 0)) {
            f->packet = v->syn->number;
            f->value[0] = mac_value(look->asked_mac);
            f->value[1] = look->last_number;
            return true;
        }
    }
    return false;
}
