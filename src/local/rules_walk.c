#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/rules_iptables_step.h"
#include "local/rules_met.h"
#include "local/rules_nft_step.h"
#include "local/rules_walk.h"

/* Nothing on the way may take longer than this: rules looked at, elements compared, jumps within jumps. The kernel
 * itself allows no more than 16 of them in nft. */
enum { MOST_LOOKED = 300000, MOST_COMPARED = 4000000, MOST_JUMPS = 64 };

/* How a chain may end. */
enum { ENDS_BELOW = 1, ENDS_ACCEPTED = 2, ENDS_STOPPED = 4 };

struct walk {
    struct ruleset *set;
    const struct rules_machine *machine;
    struct rules_packet packet;
    struct rules_work work;
    struct rules_met met;
    uint32_t left;
    const struct rules_chain *base;
    char zone[LOCAL_NAME];
    const struct rules_rule *without; /* is passed over, as if it were not there */
    bool lets_in;                     /* commands let the client in, and take nothing away */
    bool is_peer; /* another chain of the same priority has stopped it already: only what stops it too is noted */
};

static struct rules_place place_of(struct walk *walk, const struct rules_chain *chain, bool names_sender)
{
    return (struct rules_place){.set = walk->set,
                                .chain = chain,
                                .base = walk->base,
                                .packet = &walk->packet,
                                .zone = walk->zone,
                                .iptables_is_legacy = walk->machine->iptables_is_legacy,
                                .names_sender = names_sender,
                                .lets_in = walk->lets_in};
}

static void meet(struct walk *walk, const struct rules_chain *chain, const struct rules_rule *rule,
                 const struct rules_step *step, enum local_fate fate)
{
    struct rules_place place = place_of(walk, chain, step->names_sender);
    if (walk->is_peer && (fate == LOCAL_PASSES || fate == LOCAL_LOGS || fate == LOCAL_SENT_ON))
        return;
    rules_meet(&walk->met, &place, rule, step, fate);
}

/* ---- One chain ---- */

static struct rules_step look(struct walk *walk, const struct rules_chain *chain, const struct rules_rule *rule)
{
    if (rule->line)
        return rules_iptables_step(walk->set, chain, rule, &walk->packet, &walk->work);
    return rules_nft_step(walk->set, chain, rule, &walk->packet, &walk->work);
}

static enum local_fate fate_of(enum rules_verdict verdict)
{
    switch (verdict) {
    case RULES_DROPS:
        return LOCAL_DROPS;
    case RULES_REJECTS_RST:
        return LOCAL_REJECTS_RST;
    case RULES_REJECTS_ICMP:
        return LOCAL_REJECTS_ICMP;
    case RULES_TO_OTHERS:
        return LOCAL_FATE_UNKNOWN;
    default:
        return LOCAL_PASSES;
    }
}

static unsigned walk_chain(struct walk *walk, uint32_t number, unsigned depth);

/* The chain that a rule sends the packet to; how that may end, or below. */
static unsigned enter(struct walk *walk, const struct rules_chain *chain, const char *name, unsigned depth)
{
    char key[LOCAL_TEXT];
    rules_table_key(key, sizeof key, chain->table, chain->by);
    uint32_t target = ruleset_chain(walk->set, chain->family, key, name);
    if (target == RULES_NONE || depth >= MOST_JUMPS) {
        walk->met.sure = false;
        ruleset_not_walked(walk->set, target == RULES_NONE ? "a chain that is not listed" : "jumps within jumps");
        walk->met.cut = true;
        return ENDS_BELOW;
    }
    rules_zone(name, walk->zone, sizeof walk->zone);
    return walk_chain(walk, target, depth + 1);
}

/* What a rule that matches, or may, leads to. ENDS_BELOW: the next rule. */
static unsigned follow(struct walk *walk, uint32_t number, const struct rules_rule *rule, const struct rules_step *step,
                       unsigned depth)
{
    const struct rules_chain *chain = &walk->set->chain[number];
    unsigned ends;
    bool stays;
    switch (step->verdict) {
    case RULES_GOES_ON:
        if (step->logs)
            meet(walk, chain, rule, step, LOCAL_LOGS);
        return ENDS_BELOW;
    case RULES_ACCEPTS:
        if (!chain->is_nat)
            meet(walk, chain, rule, step, LOCAL_PASSES);
        return ENDS_ACCEPTED;
    case RULES_TRANSLATES:
        stays = step->to_self && (!step->to_port || step->to_port == walk->packet.to_port);
        meet(walk, chain, rule, step, stays ? LOCAL_PASSES : LOCAL_SENT_ON);
        walk->met.translated |= !stays;
        rules_translate(&walk->packet, walk->machine, step, walk->met.sure);
        return ENDS_ACCEPTED;
    case RULES_JUMPS:
    case RULES_GOES_TO:
        if (step->logs)
            meet(walk, chain, rule, step, LOCAL_LOGS);
        ends = enter(walk, chain, step->target, depth);
        return ends;
    case RULES_RETURNS:
        return ENDS_BELOW;
    case RULES_DROPS:
    case RULES_REJECTS_RST:
    case RULES_REJECTS_ICMP:
    case RULES_TO_OTHERS:
        break;
    }
    meet(walk, chain, rule, step, fate_of(step->verdict));
    return ENDS_STOPPED;
}

static bool leaves_chain(const struct rules_step *step)
{
    return step->verdict == RULES_RETURNS || step->verdict == RULES_GOES_TO;
}

/* A rule that may match, or matches by what was assumed, leaves open what comes after it. */
static void doubt(struct walk *walk, const struct rules_step *step)
{
    if (step->verdict == RULES_GOES_ON || (step->match == RULES_YES && !step->assumed))
        return;
    walk->met.sure = false;
    walk->met.other_doubts |= step->assumed || !step->limited;
    walk->met.one_way_only |= step->assumed;
    if (!walk->met.cannot)
        walk->met.cannot = step->cannot ? step->cannot : "the interface, which was assumed from the route";
}

static unsigned walk_chain(struct walk *walk, uint32_t number, unsigned depth)
{
    unsigned ends = 0;
    for (uint32_t i = walk->set->chain[number].first; i != RULES_NONE; i = walk->set->rule[i].next) {
        const struct rules_rule *rule = &walk->set->rule[i];
        if (rule == walk->without)
            continue;
        if (!walk->left || !walk->work.left) {
            walk->met.cut = true;
            walk->met.sure = false;
            ruleset_not_walked(walk->set, "there are more rules and elements than are looked at");
            return ends | ENDS_BELOW;
        }
        walk->left--;
        struct rules_step step = look(walk, &walk->set->chain[number], rule);
        rules_change(&walk->packet, &step, walk->met.sure);
        if (step.match == RULES_NO) {
            if (step.assumed)
                doubt(walk, &step);
            continue;
        }
        bool open = step.match == RULES_MAYBE;
        bool was_sure = walk->met.sure;
        if (step.verdict != RULES_TRANSLATES || open || step.assumed)
            doubt(walk, &step);
        walk->met.rule_sure = was_sure;
        unsigned next = follow(walk, number, rule, &step, depth);
        ends |= next & (ENDS_ACCEPTED | ENDS_STOPPED);
        if (!open && (leaves_chain(&step) || !(next & ENDS_BELOW)))
            return ends | (next & ENDS_BELOW);
        if (open && leaves_chain(&step))
            ends |= next & ENDS_BELOW;
    }
    return ends | ENDS_BELOW;
}

/* ---- Base chains and hooks ---- */

static bool is_of_family(const struct rules_chain *chain, enum rules_hook hook, const struct rules_packet *packet)
{
    if (hook == RULES_INGRESS || hook == RULES_EGRESS)
        return strcmp(chain->family, "netdev") == 0 || strcmp(chain->family, "inet") == 0;
    return strcmp(chain->family, "inet") == 0 || strcmp(chain->family, rules_packet_is_v6(packet) ? "ip6" : "ip") == 0;
}

/* Whether a device is among those of a chain. */
static enum rules_truth is_of_device(const struct rules_chain *chain, const struct rules_interface *interface)
{
    static const char between[] = " \",={}";
    const char *name = interface->name;
    if (!chain->devices[0] || strchr(chain->devices, '*') || !name[0])
        return RULES_MAYBE;
    for (const char *at = chain->devices; (at = strstr(at, name)); at++) {
        char behind_it = at[strlen(name)];
        if ((at == chain->devices || strchr(between, at[-1])) && (!behind_it || strchr(between, behind_it)))
            return RULES_YES;
    }
    return interface->assumed ? RULES_MAYBE : RULES_NO;
}

struct order {
    uint32_t chain;
    int priority;
    uint32_t table_number;
};

/* By priority; of the same one, what was registered last comes first (nf_hook_entries_grow). */
static int compare(const void *a, const void *b)
{
    const struct order *one = a, *other = b;
    if (one->priority != other->priority)
        return one->priority < other->priority ? -1 : 1;
    return one->chain > other->chain ? -1 : 1;
}

enum { MOST_BASES = 256 };

static unsigned bases_of(struct walk *walk, enum rules_hook hook, struct order order[MOST_BASES])
{
    unsigned bases = 0;
    for (uint32_t i = 0; i < walk->set->chains; i++) {
        const struct rules_chain *chain = &walk->set->chain[i];
        if (chain->hook != hook || chain->dormant || !is_of_family(chain, hook, &walk->packet))
            continue;
        if (chain->is_nat && (walk->packet.ct_then != CT_NEW || walk->packet.untracked == RULES_YES))
            continue;
        if (bases == MOST_BASES) {
            walk->met.cut = true;
            ruleset_not_walked(walk->set, "more base chains than are looked at");
            break;
        }
        order[bases++] = (struct order){i, chain->priority, chain->table_number};
    }
    qsort(order, bases, sizeof *order, compare);
    return bases;
}

/* A base chain, with its policy. How that may end. */
static unsigned walk_base(struct walk *walk, uint32_t number)
{
    walk->base = &walk->set->chain[number];
    walk->zone[0] = '\0';
    unsigned ends = walk_chain(walk, number, 0);
    const struct rules_chain *chain = &walk->set->chain[number];
    if ((ends & ENDS_BELOW) && chain->drops_by_policy) {
        const struct rules_step step = {.match = RULES_YES, .verdict = RULES_DROPS};
        walk->met.rule_sure = walk->met.sure;
        meet(walk, chain, NULL, &step, LOCAL_DROPS);
        ends = (ends & ~ENDS_BELOW) | ENDS_STOPPED;
    }
    return ends;
}

/* Chains of the same priority and of other tables, whose order the kernel does not tell: where one of them stops the
 * packet too, it is not certain which does. */
static void walk_peers(struct walk *walk, const struct order *order, unsigned bases, unsigned at)
{
    unsigned before = walk->met.stops;
    bool was_sure = walk->met.sure;
    struct rules_packet packet = walk->packet;
    walk->is_peer = true;
    for (unsigned i = at + 1; i < bases && order[i].priority == order[at].priority; i++)
        if (order[i].table_number != order[at].table_number)
            walk_base(walk, order[i].chain);
    walk->is_peer = false;
    walk->packet = packet;
    if (walk->met.stops != before)
        rules_met_none_certain(&walk->met);
    walk->met.sure = was_sure && walk->met.stops == before;
}

/* All base chains of a hook; false: the packet does not come through. */
static bool walk_hook(struct walk *walk, enum rules_hook hook, const struct rules_interface *interface)
{
    struct order order[MOST_BASES];
    unsigned bases = bases_of(walk, hook, order);
    for (unsigned i = 0; i < bases; i++) {
        enum rules_truth device = RULES_YES;
        if (hook == RULES_INGRESS || hook == RULES_EGRESS)
            device = is_of_device(&walk->set->chain[order[i].chain], interface);
        if (device == RULES_NO)
            continue;
        if (device == RULES_MAYBE && walk->set->chain[order[i].chain].rules) {
            walk->met.sure = false;
            walk->met.other_doubts = true;
        }
        rules_track(&walk->packet, hook, order[i].priority);
        unsigned ends = walk_base(walk, order[i].chain);
        if (!(ends & (ENDS_BELOW | ENDS_ACCEPTED)) && device == RULES_YES) {
            walk_peers(walk, order, bases, i);
            return false;
        }
    }
    return true;
}

/* ---- The SYN and its answer ---- */

/* Rules for frames that pass a bridge are not walked. */
static void note_bridge(struct walk *walk)
{
    for (uint32_t i = 0; walk->packet.in.may_be_bridge && i < walk->set->chains; i++)
        if (walk->set->chain[i].is_bridge && walk->set->chain[i].rules)
            ruleset_not_walked(walk->set, "rules of family bridge, which frames meet before");
}

static bool walk_in(struct walk *walk)
{
    struct rules_packet *packet = &walk->packet;
    note_bridge(walk);
    if (!walk_hook(walk, RULES_INGRESS, &packet->in))
        return false;
    if (!walk_hook(walk, RULES_PREROUTING, &packet->in))
        return false;
    if (packet->to_is_local == RULES_YES)
        return walk_hook(walk, RULES_INPUT, &packet->in);
    if (packet->to_is_local == RULES_MAYBE) {
        walk->met.sure = false;
        walk->met.other_doubts = walk->met.one_way_only = true;
        return walk_hook(walk, RULES_INPUT, &packet->in);
    }
    walk->met.sent_on = true;
    packet->out.none = false;
    rules_behind(walk->machine, &packet->to, &packet->out);
    return walk_hook(walk, RULES_FORWARD, &packet->out) && walk_hook(walk, RULES_POSTROUTING, &packet->out);
}

static bool walk_out(struct walk *walk)
{
    return walk_hook(walk, RULES_OUTPUT, &walk->packet.out) && walk_hook(walk, RULES_POSTROUTING, &walk->packet.out) &&
           walk_hook(walk, RULES_EGRESS, &walk->packet.out);
}

/* What refuses the SYN is a packet too, and may be stopped on its way out: then the client hears nothing. */
static void walk_refusal(struct walk *walk)
{
    const unsigned rst = 1u << LOCAL_REJECTS_RST, icmp = 1u << LOCAL_REJECTS_ICMP;
    const unsigned fates = walk->met.fates;
    if (!(fates & (rst | icmp)))
        return;
    rules_turn(&walk->packet);
    walk->packet.ct_then = walk->packet.ct_then == CT_ESTABLISHED ? CT_RELATED : 0;
    walk->packet.tcp_flags = RULES_TCP_RST | RULES_TCP_ACK;
    if (!(fates & rst))
        walk->packet.protocol = walk->packet.is_v6 ? RULES_ICMPV6 : RULES_ICMP;
    walk->met.is_answer = true;
    walk->met.fates = 0;
    bool heard = walk_out(walk);
    if ((fates & rst) && (fates & icmp) && walk->met.fates)
        heard = true; /* each of them may be, and only one was looked at */
    walk->met.fates |= heard ? fates : fates & ~(rst | icmp);
}

static void walk_all(struct ruleset *set, const struct rules_machine *machine, const struct rules_packet *packet,
                     const struct rules_rule *without, bool lets_in, struct local_rules *out)
{
    struct walk walk = {.set = set,
                        .machine = machine,
                        .packet = *packet,
                        .work = {MOST_COMPARED},
                        .left = MOST_LOOKED,
                        .without = without,
                        .lets_in = lets_in};
    for (uint32_t i = 0; i < set->sets; i++)
        set->set[i].changed = false;
    bool goes_out = !packet->out.none;
    rules_met_begin(&walk.met, out);
    bool passes = goes_out ? walk_out(&walk) : walk_in(&walk);
    walk.met.passes = passes;
    if (passes && !walk.met.sent_on) {
        rules_turn(&walk.packet);
        walk.met.is_answer = true;
        walk.met.passes = goes_out ? walk_in(&walk) : walk_out(&walk);
    } else if (!passes && !goes_out) {
        walk_refusal(&walk);
    }
    out->rules_walked = MOST_LOOKED - walk.left;
    out->rules_in_all = set->rules;
    out->set_elements = set->elements;
    rules_met_end(&walk.met);
    out->not_all_walked = walk.met.cut || set->not_walked[0];
    out->certain = out->certain && !out->not_all_walked;
    rules_copy(out->not_walked, sizeof out->not_walked, set->not_walked);
    if (!out->certain && !out->not_walked[0] && walk.met.cannot)
        snprintf(out->not_walked, sizeof out->not_walked, "both ways of what cannot be followed: %s", walk.met.cannot);
}

static const struct rules_rule *find(const struct ruleset *set, const struct local_rule *rule)
{
    char key[LOCAL_TEXT];
    rules_table_key(key, sizeof key, rule->table,
                    rule->by == LOCAL_BY_IPTABLES_LEGACY ? RULES_OF_IPTABLES_LEGACY : RULES_OF_NFT);
    uint32_t chain = ruleset_chain(set, rule->family, key, rule->chain);
    for (uint32_t i = chain == RULES_NONE ? RULES_NONE : set->chain[chain].first; i != RULES_NONE;
         i = set->rule[i].next)
        if (set->rule[i].number == rule->number)
            return &set->rule[i];
    return NULL;
}

void rules_walk(struct ruleset *set, const struct rules_machine *machine, const struct rules_packet *packet,
                struct local_rules *out)
{
    struct local_rules rest;
    walk_all(set, machine, packet, NULL, false, out);
    const struct local_rule *decides = out->deciding < 0 ? NULL : &out->met[out->deciding];
    if (!decides || decides->owner != LOCAL_OWNER_NONE || !rules_takes_away(decides))
        return;
    /* To take the rule away is no remedy where another one waits behind it. */
    walk_all(set, machine, packet, find(set, decides), false, &rest);
    if (rest.fate != LOCAL_PASSES)
        walk_all(set, machine, packet, NULL, true, out);
}
