#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/rules_iptables.h"

/* Where the tables of the older iptables stand in the kernel's order (linux/netfilter_ipv4.h). */
static const struct {
    const char *table, *chain;
    enum rules_hook hook;
    int priority;
} BASE[] = {
    {"raw", "PREROUTING", RULES_PREROUTING, -300},
    {"raw", "OUTPUT", RULES_OUTPUT, -300},
    {"mangle", "PREROUTING", RULES_PREROUTING, -150},
    {"mangle", "INPUT", RULES_INPUT, -150},
    {"mangle", "FORWARD", RULES_FORWARD, -150},
    {"mangle", "OUTPUT", RULES_OUTPUT, -150},
    {"mangle", "POSTROUTING", RULES_POSTROUTING, -150},
    {"nat", "PREROUTING", RULES_PREROUTING, -100},
    {"nat", "INPUT", RULES_INPUT, 100},
    {"nat", "OUTPUT", RULES_OUTPUT, -100},
    {"nat", "POSTROUTING", RULES_POSTROUTING, 100},
    {"filter", "INPUT", RULES_INPUT, 0},
    {"filter", "FORWARD", RULES_FORWARD, 0},
    {"filter", "OUTPUT", RULES_OUTPUT, 0},
    {"security", "INPUT", RULES_INPUT, 50},
    {"security", "FORWARD", RULES_FORWARD, 50},
    {"security", "OUTPUT", RULES_OUTPUT, 50},
};

/* One word to `to`; returns behind it. Only the double quote is one (xtables_save_string). */
static const char *copy_word(const char *line, char *to, const char *end)
{
    char quote = 0;
    for (; *line && (quote || *line != ' '); line++) {
        if (*line == quote) {
            quote = 0;
            continue;
        }
        if (!quote && *line == '"') {
            quote = *line;
            continue;
        }
        if (*line == '\\' && line[1])
            line++;
        if (to < end)
            *to++ = *line;
    }
    *to = '\0';
    return line;
}

void rules_words(struct rules_words *words, const char *line)
{
    char *to = words->bytes, *end = words->bytes + sizeof words->bytes - 1;
    words->words = 0;
    words->is_cut = false;
    while (*line == ' ')
        line++;
    while (*line) {
        if (words->words == RULES_WORDS || to >= end) {
            words->is_cut = true;
            return;
        }
        words->word[words->words++] = to;
        line = copy_word(line, to, end);
        to += strlen(to) + 1;
        while (*line == ' ')
            line++;
    }
}

struct reading {
    struct ruleset *set;
    const char *family;
    enum rules_made_by by;
    char table[LOCAL_NAME];
    uint32_t chain, rule; /* of nft's, the next whose words come */
    bool differs;         /* from what nft listed */
    bool alone;           /* its chains and rules were not listed by nft */
};

static bool read_chain(struct reading *at, char *line)
{
    char name[LOCAL_TEXT], policy[16];
    unsigned long long packets = 0;
    int counted = sscanf(line, ":%255s %15s [%llu:", name, policy, &packets) == 3;
    if (!counted && sscanf(line, ":%255s %15s", name, policy) != 2)
        return false;
    char key[LOCAL_TEXT];
    rules_table_key(key, sizeof key, at->table, at->by);
    uint32_t known = ruleset_chain(at->set, at->family, key, name);
    if (!at->alone && known != RULES_NONE) {
        at->set->chain[known].counts_policy = counted;
        at->set->chain[known].policy_counter = packets;
    }
    struct rules_chain *chain = at->alone ? ruleset_add_chain(at->set, at->family, key, name) : NULL;
    if (!chain)
        return true;
    chain->counts_policy = counted;
    chain->policy_counter = packets;
    rules_copy(chain->table, sizeof chain->table, at->table);
    chain->by = at->by;
    chain->drops_by_policy = strcmp(policy, "DROP") == 0;
    chain->is_nat = strcmp(at->table, "nat") == 0;
    chain->table_number = at->set->tables;
    for (size_t i = 0; i < sizeof BASE / sizeof *BASE; i++)
        if (strcmp(BASE[i].table, at->table) == 0 && strcmp(BASE[i].chain, name) == 0) {
            chain->hook = BASE[i].hook;
            chain->priority = BASE[i].priority;
        }
    return true;
}

/* The rule of nft's that this line is the next of; NULL: nft listed another number of them. */
static struct rules_rule *rule_of_nft(struct reading *at, uint32_t chain)
{
    if (at->chain != chain) {
        at->chain = chain;
        at->rule = at->set->chain[chain].first;
    }
    if (at->rule == RULES_NONE) {
        at->differs = true;
        return NULL;
    }
    struct rules_rule *rule = &at->set->rule[at->rule];
    at->rule = rule->next;
    return rule;
}

/* "[7:420] -A INPUT -p tcp …" */
static bool read_rule(struct reading *at, char *line)
{
    unsigned long long packets = 0, bytes = 0;
    int taken = 0;
    char name[LOCAL_TEXT];
    if (sscanf(line, "[%llu:%llu] %n", &packets, &bytes, &taken) != 2)
        taken = 0;
    line += taken;
    if (sscanf(line, "-A %255s", name) != 1)
        return false;
    char key[LOCAL_TEXT];
    uint32_t chain = ruleset_chain(at->set, at->family, rules_table_key(key, sizeof key, at->table, at->by), name);
    if (chain == RULES_NONE) {
        at->differs = true;
        return !at->alone;
    }
    struct rules_rule *rule = at->alone ? ruleset_add_rule(at->set, chain) : rule_of_nft(at, chain);
    if (!rule)
        return true;
    rule->line = line;
    at->set->chain[chain].by = at->by;
    if (at->alone) {
        rule->counter = packets;
        rule->handle = rule->number;
    }
    return true;
}

static bool read_line(struct reading *at, char *line)
{
    if (line[0] == '*') {
        rules_copy(at->table, sizeof at->table, line + 1);
        at->chain = RULES_NONE;
        at->set->tables++;
        return true;
    }
    if (line[0] == ':')
        return read_chain(at, line);
    if (line[0] == '[' || strncmp(line, "-A ", 3) == 0)
        return read_rule(at, line);
    return line[0] == '\0' || line[0] == '#' || strcmp(line, "COMMIT") == 0;
}

bool rules_iptables_read(struct ruleset *set, char *text, const char *family, enum rules_made_by by)
{
    struct reading at = {.set = set, .family = family, .by = by, .chain = RULES_NONE};
    at.alone = by == RULES_OF_IPTABLES_LEGACY || !set->root;
    bool understood = true;
    if (set->line_texts == sizeof set->line_text / sizeof *set->line_text) {
        free(text);
        return false;
    }
    set->line_text[set->line_texts++] = text;
    for (char *line = text, *next; line; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = '\0';
        understood = read_line(&at, line) && understood;
    }
    if (at.differs)
        ruleset_not_walked(set, "iptables-nft-save and nft list different rules");
    return understood;
}
