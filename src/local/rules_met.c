#include <stdio.h>
#include <string.h>

#include "local/rules_met.h"
#include "local/rules_nft.h"

void rules_met_begin(struct rules_met *met, struct local_rules *out)
{
    memset(out, 0, sizeof *out);
    out->deciding = -1;
    *met = (struct rules_met){.out = out, .sure = true, .last_pass = -1};
}

static bool stops(enum local_fate fate)
{
    return fate != LOCAL_PASSES && fate != LOCAL_LOGS && fate != LOCAL_SENT_ON;
}

/* Room for one more; of those that stop nothing the oldest makes way. NULL: there is none. */
static struct local_rule *room(struct rules_met *met)
{
    struct local_rules *out = met->out;
    if (out->rules == LOCAL_RULES) {
        uint8_t i = 0;
        while (i < out->rules && stops(out->met[i].fate))
            i++;
        if (i == out->rules) {
            met->cut = true;
            return NULL;
        }
        memmove(&out->met[i], &out->met[i + 1], (size_t)(out->rules - i - 1) * sizeof *out->met);
        out->rules--;
        if (met->last_pass >= i)
            met->last_pass = met->last_pass == i ? -1 : met->last_pass - 1;
    }
    struct local_rule *rule = &out->met[out->rules++];
    memset(rule, 0, sizeof *rule);
    return rule;
}

/* As the tool that is used for these rules prints it. */
static void rule_words(const struct rules_place *place, const struct rules_rule *rule, struct local_rule *out)
{
    const struct rules_chain *chain = place->chain;
    if (!rule && chain->by == RULES_OF_NFT)
        snprintf(out->text, sizeof out->text, "policy drop");
    else if (!rule)
        snprintf(out->text, sizeof out->text, "-P %s DROP", chain->name);
    else if (rule->line)
        rules_copy(out->text, sizeof out->text, rule->line);
    else
        rules_nft_words(place->set, chain, rule->handle, out->text, sizeof out->text);
}

/* iptables' comment stands in its line: --comment "…" */
static void comment(const struct rules_rule *rule, char *text, size_t size)
{
    static const char option[] = "--comment ";
    const char *at = rule->line ? strstr(rule->line, option) : NULL;
    if (rule->comment)
        rules_copy(text, size, rule->comment);
    if (!at)
        return;
    at += sizeof option - 1;
    char end = *at == '"' ? *at++ : ' ';
    size_t length = strcspn(at, (char[]){end, '\0'});
    rules_copy(text, length + 1 < size ? length + 1 : size, at);
}

void rules_meet(struct rules_met *met, const struct rules_place *place, const struct rules_rule *rule,
                const struct rules_step *step, enum local_fate fate)
{
    const struct rules_chain *chain = place->chain;
    if (met->is_answer && (fate == LOCAL_REJECTS_RST || fate == LOCAL_REJECTS_ICMP))
        fate = LOCAL_DROPS; /* who is told is the sender of the answer, not the client */
    bool limits = step->limited && step->match == RULES_MAYBE && fate != LOCAL_LOGS;
    if (stops(fate)) {
        met->stops++;
        met->fates |= 1u << fate;
    }
    struct local_rule *out = room(met);
    if (!out)
        return;
    out->fate = limits ? LOCAL_LIMITS : fate;
    out->by = chain->by == RULES_OF_IPTABLES_LEGACY ? LOCAL_BY_IPTABLES_LEGACY : LOCAL_BY_NFT;
    out->certain = met->rule_sure && step->match == RULES_YES && !step->assumed;
    out->is_policy = !rule;
    out->outgoing = met->is_answer;
    rules_copy(out->family, sizeof out->family, chain->family);
    rules_copy(out->table, sizeof out->table, chain->table);
    rules_copy(out->chain, sizeof out->chain, chain->name);
    if (place->base != chain)
        rules_copy(out->called_from, sizeof out->called_from, place->base->name);
    if (!rule) {
        out->has_counter = chain->counts_policy;
        out->counter = chain->policy_counter;
    } else {
        out->has_counter = step->counter_proves;
        out->counter = rule->counter;
        out->handle = rule->handle;
        out->number = rule->number;
        comment(rule, out->comment, sizeof out->comment);
    }
    rules_copy(out->set, sizeof out->set, step->set);
    rules_copy(out->element, sizeof out->element, step->element);
    out->set_expires_s = step->set_expires_s;
    rules_copy(out->log_prefix, sizeof out->log_prefix, step->log_prefix);
    rule_words(place, rule, out);
    rules_owner(place, out);
    if (fate == LOCAL_PASSES && !met->is_answer)
        met->last_pass = met->out->rules - 1;
}

void rules_met_none_certain(struct rules_met *met)
{
    for (uint8_t i = 0; i < met->out->rules; i++)
        if (stops(met->out->met[i].fate))
            met->out->met[i].certain = false;
}

/* The first that stops it for certain, where there is one; else the first that may. */
static int8_t first_stop(const struct local_rules *out)
{
    int8_t may = -1;
    for (uint8_t i = 0; i < out->rules; i++) {
        if (!stops(out->met[i].fate))
            continue;
        if (out->met[i].certain)
            return (int8_t)i;
        if (may < 0)
            may = (int8_t)i;
    }
    return may;
}

void rules_met_end(struct rules_met *met)
{
    struct local_rules *out = met->out;
    unsigned fates = met->fates | (met->passes ? 1u << LOCAL_PASSES : 0);
    if (!met->fates) {
        out->fate = met->translated ? LOCAL_SENT_ON : LOCAL_PASSES;
        out->deciding = (int8_t)met->last_pass;
        for (uint8_t i = 0; met->translated && i < out->rules; i++)
            if (out->met[i].fate == LOCAL_SENT_ON)
                out->deciding = (int8_t)i;
        out->certain = !met->one_way_only;
        return;
    }
    out->deciding = first_stop(out);
    if (fates & (fates - 1)) { /* several */
        out->fate = met->other_doubts || (fates & 1u << LOCAL_FATE_UNKNOWN) ? LOCAL_FATE_UNKNOWN : LOCAL_LIMITS;
        out->certain = false;
        return;
    }
    for (unsigned fate = 0; fate <= LOCAL_FATE_UNKNOWN; fate++)
        if (fates == 1u << fate)
            out->fate = (enum local_fate)fate;
    out->certain = out->fate != LOCAL_FATE_UNKNOWN && !met->one_way_only;
}
