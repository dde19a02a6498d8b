#include <string.h>

#include "local/rules_fields.h"
#include "local/rules_nft_step.h"

struct looking {
    struct ruleset *set;
    const struct rules_chain *chain;
    const struct rules_packet *packet;
    struct rules_work *work;
    struct rules_step *step;
};

/* A condition that is met, not met or left open; false: the rule ends here. */
static bool condition(struct looking *at, enum rules_truth truth, const char *cannot)
{
    struct rules_step *step = at->step;
    step->counter_proves = false; /* a counter before this condition counts more */
    step->match = rules_and(step->match, truth);
    if (truth == RULES_MAYBE && !step->cannot)
        step->cannot = cannot;
    return truth != RULES_NO;
}

static void note_found(struct looking *at, const char *name, const struct rules_found *found)
{
    struct rules_step *step = at->step;
    rules_copy(step->set, sizeof step->set, name);
    step->element[0] = '\0';
    if (found->element)
        rules_element_text(found->element, step->element, sizeof step->element);
    step->set_expires_s = found->expires_s;
    step->limited |= found->limited;
}

/* Looks a key up in a set by name. */
static struct rules_found in_named_set(struct looking *at, const struct rules_key *key, const char *name, bool map)
{
    struct rules_set *set = ruleset_set(at->set, at->chain->family, at->chain->table, name);
    if (!set)
        return (struct rules_found){.truth = RULES_MAYBE};
    struct rules_found found = rules_find(key, set->elements, map, at->work);
    if (found.truth == RULES_NO && set->changed)
        found.truth = RULES_MAYBE;
    if (found.truth == RULES_YES)
        note_found(at, name, &found);
    return found;
}

static enum rules_truth compared(struct looking *at, const struct rules_key *key, const char *op, const json_t *right)
{
    const struct rules_value *value = &key->part[0];
    const char *name = json_string_value(right);
    uint64_t number;
    for (unsigned i = 0; i < key->parts; i++)
        if (key->part[i].kind == VALUE_ABSENT)
            return RULES_NO; /* "!=" too */
    if (strcmp(op, "in") == 0) {
        if (value->kind != VALUE_NUMBER || !rules_json_number(right, &number))
            return RULES_MAYBE;
        return rules_if(value->number & number);
    }
    if (strchr("<>", op[0])) {
        if (value->kind != VALUE_NUMBER || !rules_json_number(right, &number))
            return RULES_MAYBE;
        if (op[1] == '=' && value->number == number)
            return RULES_YES;
        return rules_if(op[0] == '<' ? value->number < number : value->number > number);
    }
    enum rules_truth is =
        name && name[0] == '@' ? in_named_set(at, key, name + 1, false).truth : rules_is(key, right, at->work);
    return strcmp(op, "!=") == 0 ? rules_not(is) : strcmp(op, "==") == 0 ? is : RULES_MAYBE;
}

/* What a key says of its rule; true: it fails by something that was assumed, so that the rest is looked at all the
 * same. */
static bool note_key(struct looking *at, const struct rules_key *key, enum rules_truth truth)
{
    bool assumed = false;
    for (unsigned i = 0; i < key->parts; i++) {
        assumed |= key->part[i].assumed;
    }
    at->step->assumed |= assumed;
    at->step->assumed_no |= assumed && truth == RULES_NO;
    return assumed && truth == RULES_NO;
}

/* Flags in a list and "!=": none of them is set. */
static enum rules_truth none_of(const struct rules_key *key, const json_t *right)
{
    uint64_t number;
    if (key->part[0].kind != VALUE_NUMBER || !rules_json_number(right, &number))
        return key->part[0].kind == VALUE_ABSENT ? RULES_NO : RULES_MAYBE;
    return rules_if(!(key->part[0].number & number));
}

static bool match_statement(struct looking *at, const json_t *match)
{
    const json_t *right = json_object_get(match, "right");
    const char *op = json_string_value(json_object_get(match, "op"));
    struct rules_key key = rules_fields(at->packet, json_object_get(match, "left"));
    enum rules_truth truth;
    op = op ? op : "==";
    truth = strcmp(op, "!=") == 0 && json_is_array(right) ? none_of(&key, right) : compared(at, &key, op, right);
    at->step->names_sender |= truth == RULES_YES && strcmp(op, "==") == 0 && key.part[0].is_sender &&
                              json_is_string(right) && json_string_value(right)[0] != '@';
    return note_key(at, &key, truth) || condition(at, truth, "a match that is not known here");
}

/* Whether a set, named or written out, is named: "@name". */
static const char *set_name(const json_t *json)
{
    const char *name = json_string_value(json);
    return name && name[0] == '@' ? name + 1 : NULL;
}

static const struct {
    const char *word;
    enum rules_verdict verdict;
} VERDICTS[] = {{"accept", RULES_ACCEPTS},   {"drop", RULES_DROPS},         {"continue", RULES_GOES_ON},
                {"return", RULES_RETURNS},   {"jump", RULES_JUMPS},         {"goto", RULES_GOES_TO},
                {"queue", RULES_TO_OTHERS},  {"masquerade", RULES_ACCEPTS}, {"snat", RULES_ACCEPTS},
                {"tproxy", RULES_TO_OTHERS}, {"synproxy", RULES_TO_OTHERS}, {"fwd", RULES_TO_OTHERS}};

static bool verdict_statement(struct looking *at, const char *word, const json_t *json)
{
    for (size_t i = 0; i < sizeof VERDICTS / sizeof *VERDICTS; i++)
        if (strcmp(word, VERDICTS[i].word) == 0) {
            at->step->verdict = VERDICTS[i].verdict;
            rules_copy(at->step->target, sizeof at->step->target, json_string_value(json_object_get(json, "target")));
            if (at->step->verdict == RULES_TO_OTHERS)
                at->step->cannot = "a queue or a proxy decides";
            return true;
        }
    return false;
}

static void reject_statement(struct rules_step *step, const json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    step->verdict = type && strcmp(type, "tcp reset") == 0 ? RULES_REJECTS_RST : RULES_REJECTS_ICMP;
}

static void translate_statement(struct looking *at, bool redirect, const json_t *json)
{
    struct rules_step *step = at->step;
    struct rules_key port = rules_fields(at->packet, json_object_get(json, "port"));
    const json_t *address = json_object_get(json, "addr");
    step->verdict = RULES_TRANSLATES;
    step->to_self = redirect;
    if (json_object_get(json, "port")) {
        if (port.part[0].kind == VALUE_NUMBER)
            step->to_port = (uint16_t)port.part[0].number;
        else
            step->verdict = RULES_TO_OTHERS;
    }
    if (redirect || !address)
        return;
    struct address literal;
    if (!json_is_string(address) || !rules_address(json_string_value(address), &literal)) {
        step->verdict = RULES_TO_OTHERS;
        step->cannot = "a translation to an address that a map chooses";
        return;
    }
    step->to = literal;
}

/* A verdict that is found by a value. With a key that is not known any of them may be given. */
static bool vmap_statement(struct looking *at, const json_t *vmap)
{
    struct rules_key key = rules_fields(at->packet, json_object_get(vmap, "key"));
    const json_t *data = json_object_get(vmap, "data");
    const char *name = set_name(data);
    struct rules_found found =
        name ? in_named_set(at, &key, name, true) : rules_find(&key, json_object_get(data, "set"), true, at->work);
    if (note_key(at, &key, found.truth)) {
        at->step->verdict = RULES_TO_OTHERS;
        return true;
    }
    if (found.truth == RULES_MAYBE && !found.data) {
        at->step->verdict = RULES_TO_OTHERS;
        return condition(at, found.truth, "a verdict map whose key is not known here");
    }
    if (!condition(at, found.truth, "an element with a limit"))
        return false;
    const char *word;
    json_t *inner;
    json_object_foreach((json_t *)found.data, word, inner)
    {
        if (!verdict_statement(at, word, inner))
            at->step->verdict = RULES_TO_OTHERS;
    }
    return true;
}

static bool is_limit(const char *word)
{
    static const char *const limits[] = {"limit", "quota", "ct count", "last"};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strcmp(word, limits[i]) == 0)
            return true;
    return false;
}

static bool limit_statement(struct looking *at, const char *word)
{
    if (strcmp(word, "last") == 0)
        return true;
    at->step->limited = true;
    return condition(at, RULES_MAYBE, "a limit");
}

/* "add @set { ip saddr limit rate over … }": the set changes, and a limit within is a condition. */
static bool set_statement(struct looking *at, const json_t *json)
{
    const char *name = set_name(json_object_get(json, "set"));
    struct rules_set *set = name ? ruleset_set(at->set, at->chain->family, at->chain->table, name) : NULL;
    struct rules_key key = rules_fields(at->packet, json_object_get(json, "elem"));
    const json_t *inner = json_object_get(json, "stmt");
    if (set)
        set->changed = true;
    if (key.parts == 1 && key.part[0].kind == VALUE_ABSENT)
        return condition(at, RULES_NO, NULL);
    bool goes_on = condition(at, RULES_YES, NULL);
    for (size_t i = 0; goes_on && i < json_array_size(inner); i++) {
        const char *word;
        json_t *value;
        json_object_foreach(json_array_get(inner, i), word, value)
        {
            if (is_limit(word))
                goes_on = goes_on && limit_statement(at, word);
        }
    }
    return goes_on;
}

static void mangle_statement(struct looking *at, const json_t *json)
{
    const json_t *key = json_object_get(json, "key");
    struct rules_key value = rules_fields(at->packet, json_object_get(json, "value"));
    bool surely = at->step->match == RULES_YES && !at->step->assumed;
    struct rules_number number = {surely && value.part[0].kind == VALUE_NUMBER, (uint32_t)value.part[0].number};
    const char *meta = json_string_value(json_object_get(json_object_get(key, "meta"), "key"));
    const char *ct = json_string_value(json_object_get(json_object_get(key, "ct"), "key"));
    if (meta && strcmp(meta, "mark") == 0) {
        at->step->sets_mark = true;
        at->step->mark = number;
    } else if (ct && strcmp(ct, "mark") == 0) {
        at->step->sets_ct_mark = true;
        at->step->ct_mark = number;
    } else if (json_object_get(key, "payload")) {
        at->step->cannot = "the packet is rewritten";
        at->step->assumed = true; /* what later rules see of it is not known */
    }
}

static void counter_statement(struct rules_step *step, const json_t *json)
{
    if (!json_is_object(json)) /* one by name, which other rules may count with */
        return;
    step->counter_proves = true;
    step->counter = (uint64_t)json_integer_value(json_object_get(json, "packets"));
}

static bool xt_statement(struct looking *at, const json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    const char *name = json_string_value(json_object_get(json, "name"));
    if (type && name && strcmp(type, "match") == 0)
        return strcmp(name, "comment") == 0 || condition(at, RULES_MAYBE, "a match of iptables");
    at->step->verdict = RULES_TO_OTHERS;
    at->step->cannot = "a target of iptables";
    return true;
}

static bool is_without_effect(const char *word)
{
    static const char *const words[] = {"dup",     "flow",   "ct helper", "ct timeout", "ct expectation",
                                        "secmark", "tunnel", "reset",     "tcp option", "map"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* One statement; false: the rule ends here. */
static bool statement(struct looking *at, const char *word, const json_t *json)
{
    struct rules_step *step = at->step;
    if (strcmp(word, "match") == 0)
        return match_statement(at, json);
    if (strcmp(word, "vmap") == 0)
        return vmap_statement(at, json);
    if (strcmp(word, "set") == 0)
        return set_statement(at, json);
    if (strcmp(word, "xt") == 0)
        return xt_statement(at, json);
    if (strcmp(word, "meter") == 0 || is_limit(word))
        return limit_statement(at, word);
    if (strcmp(word, "counter") == 0) {
        counter_statement(step, json);
    } else if (strcmp(word, "log") == 0) {
        step->logs = true;
        rules_copy(step->log_prefix, sizeof step->log_prefix, json_string_value(json_object_get(json, "prefix")));
    } else if (strcmp(word, "reject") == 0) {
        reject_statement(step, json);
    } else if (strcmp(word, "dnat") == 0 || strcmp(word, "redirect") == 0) {
        translate_statement(at, word[0] == 'r', json);
    } else if (strcmp(word, "mangle") == 0) {
        mangle_statement(at, json);
    } else if (strcmp(word, "notrack") == 0) {
        step->untracks = true;
    } else if (!verdict_statement(at, word, json) && !is_without_effect(word)) {
        return condition(at, RULES_MAYBE, "a statement that is not known here");
    }
    return true;
}

struct rules_step rules_nft_step(struct ruleset *set, const struct rules_chain *chain, const struct rules_rule *rule,
                                 const struct rules_packet *packet, struct rules_work *work)
{
    struct rules_step step = {.match = RULES_YES};
    struct looking at = {set, chain, packet, work, &step};
    for (size_t i = 0; i < json_array_size(rule->statements); i++) {
        const char *word;
        json_t *value;
        bool goes_on = true;
        json_object_foreach(json_array_get(rule->statements, i), word, value)
        {
            goes_on = goes_on && statement(&at, word, value);
        }
        if (!goes_on)
            break;
    }
    rules_step_end(&step);
    return step;
}
