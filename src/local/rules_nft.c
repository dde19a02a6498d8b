#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/rules_nft.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static enum rules_hook hook_of(const char *name)
{
    static const struct {
        const char *name;
        enum rules_hook hook;
    } HOOKS[] = {{"ingress", RULES_INGRESS}, {"prerouting", RULES_PREROUTING},
                 {"input", RULES_INPUT},     {"forward", RULES_FORWARD},
                 {"output", RULES_OUTPUT},   {"postrouting", RULES_POSTROUTING},
                 {"egress", RULES_EGRESS},   {"", RULES_NO_HOOK}};
    for (size_t i = 0; i < sizeof HOOKS / sizeof *HOOKS; i++)
        if (strcmp(HOOKS[i].name, name) == 0)
            return HOOKS[i].hook;
    return RULES_OTHER_HOOK;
}

/* One name, or a list of them. */
static void copy_devices(struct rules_chain *chain, const json_t *devices)
{
    if (json_is_string(devices))
        snprintf(chain->devices, sizeof chain->devices, "\"%s\"", json_string_value(devices));
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(devices); i++) {
        const char *name = json_string_value(json_array_get(devices, i));
        if (name && used < sizeof chain->devices)
            used += (size_t)snprintf(chain->devices + used, sizeof chain->devices - used, "\"%s\" ", name);
    }
}

static bool read_chain(struct ruleset *set, const json_t *json)
{
    const char *family = text_of(json, "family");
    struct rules_chain *chain = ruleset_add_chain(set, family, text_of(json, "table"), text_of(json, "name"));
    if (!chain)
        return false;
    chain->hook = hook_of(text_of(json, "hook"));
    chain->priority = (int)json_integer_value(json_object_get(json, "prio"));
    chain->drops_by_policy = strcmp(text_of(json, "policy"), "drop") == 0;
    chain->is_bridge = strcmp(family, "bridge") == 0;
    chain->is_nat = strcmp(text_of(json, "type"), "nat") == 0;
    chain->table_number = set->tables;
    copy_devices(chain, json_object_get(json, "dev"));
    return true;
}

static uint64_t counter_of(const json_t *statements)
{
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *counter = json_object_get(json_array_get(statements, i), "counter");
        if (json_is_object(counter))
            return (uint64_t)json_integer_value(json_object_get(counter, "packets"));
    }
    return 0;
}

static bool has_xt(const json_t *statements)
{
    for (size_t i = 0; i < json_array_size(statements); i++)
        if (json_object_get(json_array_get(statements, i), "xt"))
            return true;
    return false;
}

/* Tables of the names that iptables-nft knows are listed by it in words of its own. */
static bool is_compatible(const struct rules_chain *chain)
{
    static const char *const names[] = {"filter", "nat", "mangle", "raw", "security"};
    if (strcmp(chain->family, "ip") != 0 && strcmp(chain->family, "ip6") != 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], chain->table) == 0)
            return true;
    return false;
}

/* Rules of one chain stand together; `last` is the chain of the rule before. */
static bool read_rule(struct ruleset *set, const json_t *json, uint32_t *last)
{
    const char *family = text_of(json, "family"), *table = text_of(json, "table"), *name = text_of(json, "chain");
    if (*last == RULES_NONE || strcmp(set->chain[*last].name, name) != 0 ||
        strcmp(set->chain[*last].table, table) != 0 || strcmp(set->chain[*last].family, family) != 0)
        *last = ruleset_chain(set, family, table, name);
    if (*last == RULES_NONE)
        return false;
    struct rules_rule *rule = ruleset_add_rule(set, *last);
    if (!rule)
        return false;
    rule->statements = json_object_get(json, "expr");
    rule->handle = (uint64_t)json_integer_value(json_object_get(json, "handle"));
    rule->comment = json_string_value(json_object_get(json, "comment"));
    rule->counter = counter_of(rule->statements);
    set->has_compatible |= has_xt(rule->statements) || is_compatible(&set->chain[*last]);
    return true;
}

static bool read_set(struct ruleset *set, const json_t *json)
{
    struct rules_set *made =
        ruleset_add_set(set, text_of(json, "family"), text_of(json, "table"), text_of(json, "name"));
    if (!made)
        return false;
    json_t *elements = json_object_get(json, "elem");
    made->elements = elements ? json_incref(elements) : json_array();
    set->elements += (uint32_t)json_array_size(elements);
    return true;
}

static bool read_item(struct ruleset *set, const json_t *item, uint32_t *last)
{
    const json_t *inner;
    if (json_object_get(item, "table"))
        set->tables++;
    if ((inner = json_object_get(item, "chain")))
        return read_chain(set, inner);
    if ((inner = json_object_get(item, "rule")))
        return read_rule(set, inner, last);
    if ((inner = json_object_get(item, "set")) || (inner = json_object_get(item, "map")))
        return read_set(set, inner);
    return true;
}

bool rules_nft_read(struct ruleset *set, const char *json, size_t length)
{
    uint32_t last = RULES_NONE;
    json_error_t error;
    set->root = json_loadb(json, length, JSON_DISABLE_EOF_CHECK, &error);
    const json_t *items = json_object_get(set->root, "nftables");
    if (!json_is_array(items))
        return false;
    for (size_t i = 0; i < json_array_size(items); i++)
        if (!read_item(set, json_array_get(items, i), &last))
            ruleset_not_walked(set, set->is_cut ? "more rules, chains or sets than can be held"
                                                : "a rule of a chain that is not listed");
    return true;
}

/* ---- The listing for people ---- */

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static bool begins_table(const char *line, char *family, char *table)
{
    return sscanf(line, "table %7s %63s {", family, table) == 2;
}

/* The name of a chain may be in quotes. */
static bool begins_chain(const char *line, char *name)
{
    return sscanf(line, "\tchain \"%63[^\"]\" {", name) == 1 || sscanf(line, "\tchain %63s {", name) == 1;
}

static void switch_off(struct ruleset *set, const char *family, const char *table)
{
    for (uint32_t i = 0; i < set->chains; i++)
        if (strcmp(set->chain[i].family, family) == 0 && strcmp(set->chain[i].table, table) == 0)
            set->chain[i].dormant = true;
}

static void note_devices(struct rules_chain *chain, const char *line)
{
    const char *devices = strstr(line, " device");
    const char *end = devices ? strstr(devices, " priority") : NULL;
    if (end && !chain->devices[0])
        snprintf(chain->devices, sizeof chain->devices, "%.*s", (int)(end - devices), devices);
}

void rules_nft_listing(struct ruleset *set, const char *text)
{
    char family[8] = "", table[LOCAL_NAME] = "", name[LOCAL_NAME];
    uint32_t chain = RULES_NONE;
    set->nft_text = text;
    for (const char *line = text; *line; line = next_line(line)) {
        if (line[0] != '\t') {
            begins_table(line, family, table);
        } else if (strncmp(line, "\tflags dormant", 14) == 0) {
            switch_off(set, family, table);
        } else if (begins_chain(line, name)) {
            chain = ruleset_chain(set, family, table, name);
        } else if (chain != RULES_NONE && strncmp(line, "\t\ttype ", 7) == 0) {
            char copy[2 * LOCAL_TEXT];
            snprintf(copy, sizeof copy, "%.*s", (int)(next_line(line) - line), line);
            note_devices(&set->chain[chain], copy);
        }
    }
}

/* Lines of one rule in one, without what parts them. */
static void join(const char *from, const char *to, char *words, size_t size)
{
    size_t used = 0;
    bool blank = true;
    for (; from < to && used + 1 < size; from++) {
        bool is_blank = *from == ' ' || *from == '\t' || *from == '\n';
        if (!is_blank || !blank)
            words[used++] = is_blank ? ' ' : *from;
        blank = is_blank;
    }
    words[used] = '\0';
}

/* The number behind the last "# handle " of a line; 0: there is none. */
static uint64_t handle_of(const char *line, const char *end, const char **mark)
{
    static const char word[] = " # handle ";
    for (const char *at = end - sizeof word; at > line; at--)
        if (strncmp(at, word, sizeof word - 1) == 0) {
            *mark = at;
            return strtoull(at + sizeof word - 1, NULL, 10);
        }
    return 0;
}

void rules_nft_words(const struct ruleset *set, const struct rules_chain *chain, uint64_t handle, char *words,
                     size_t size)
{
    char family[8] = "", table[LOCAL_NAME] = "", name[LOCAL_NAME];
    const char *begin = NULL, *mark = NULL;
    words[0] = '\0';
    for (const char *line = set->nft_text, *end; *line; line = end) {
        end = next_line(line);
        if (line[0] != '\t') {
            begins_table(line, family, table);
            begin = NULL;
        } else if (line[1] != '\t') {
            bool wanted = begins_chain(line, name) && strcmp(name, chain->name) == 0 &&
                          strcmp(table, chain->table) == 0 && strcmp(family, chain->family) == 0;
            begin = wanted ? end : NULL;
        } else if (begin) {
            uint64_t found = handle_of(line, end, &mark);
            if (found && found == handle) {
                join(begin, mark, words, size);
                return;
            }
            if (found || strncmp(line, "\t\ttype ", 7) == 0)
                begin = end;
        }
    }
}
