#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/rules_model.h"

void rules_copy(char *to, size_t size, const char *from)
{
    size_t length = from ? strnlen(from, size - 1) : 0;
    if (length)
        memcpy(to, from, length);
    to[length] = '\0';
}

void ruleset_begin(struct ruleset *set)
{
    *set = (struct ruleset){.nft_text = ""};
    set->chain_index = json_object();
    set->set_index = json_object();
}

void ruleset_end(struct ruleset *set)
{
    for (uint32_t i = 0; i < set->sets; i++)
        json_decref(set->set[i].elements);
    json_decref(set->chain_index);
    json_decref(set->set_index);
    json_decref(set->root);
    for (unsigned i = 0; i < set->line_texts; i++)
        free(set->line_text[i]);
    free(set->chain);
    free(set->rule);
    free(set->set);
    *set = (struct ruleset){.nft_text = ""};
}

/* Room for one more item, twice as much each time it is full. */
static bool grow(void **items, uint32_t count, uint32_t *room, uint32_t most, size_t size)
{
    if (count < *room)
        return true;
    if (count >= most)
        return false;
    uint32_t more = *room ? *room * 2 : 64;
    void *larger = realloc(*items, more * size);
    if (!larger)
        return false;
    *items = larger;
    *room = more;
    return true;
}

/* A name of the family, the table and the item; no name of a table holds a line end. */
static void index_key(char *key, size_t size, const char *family, const char *table, const char *name)
{
    snprintf(key, size, "%s\n%s\n%s", family, table, name);
}

static bool remember(json_t *index, const char *family, const char *table, const char *name, uint32_t number)
{
    char key[3 * LOCAL_TEXT];
    index_key(key, sizeof key, family, table, name);
    return json_object_set_new_nocheck(index, key, json_integer(number)) == 0;
}

static uint32_t recall(const json_t *index, const char *family, const char *table, const char *name)
{
    char key[3 * LOCAL_TEXT];
    index_key(key, sizeof key, family, table, name);
    const json_t *found = json_object_get(index, key);
    return found ? (uint32_t)json_integer_value(found) : RULES_NONE;
}

struct rules_chain *ruleset_add_chain(struct ruleset *set, const char *family, const char *table, const char *name)
{
    if (!grow((void **)&set->chain, set->chains, &set->chain_room, RULES_MOST_CHAINS, sizeof *set->chain) ||
        !remember(set->chain_index, family, table, name, set->chains)) {
        set->is_cut = true;
        return NULL;
    }
    struct rules_chain *chain = &set->chain[set->chains++];
    *chain = (struct rules_chain){.first = RULES_NONE, .last = RULES_NONE};
    rules_copy(chain->family, sizeof chain->family, family);
    rules_copy(chain->table, sizeof chain->table, table);
    rules_copy(chain->name, sizeof chain->name, name);
    return chain;
}

struct rules_rule *ruleset_add_rule(struct ruleset *set, uint32_t number)
{
    if (!grow((void **)&set->rule, set->rules, &set->rule_room, RULES_MOST_RULES, sizeof *set->rule)) {
        set->is_cut = true;
        return NULL;
    }
    struct rules_chain *chain = &set->chain[number];
    struct rules_rule *rule = &set->rule[set->rules];
    *rule = (struct rules_rule){.next = RULES_NONE, .number = ++chain->rules};
    if (chain->last == RULES_NONE)
        chain->first = set->rules;
    else
        set->rule[chain->last].next = set->rules;
    chain->last = set->rules++;
    return rule;
}

struct rules_set *ruleset_add_set(struct ruleset *set, const char *family, const char *table, const char *name)
{
    if (!grow((void **)&set->set, set->sets, &set->set_room, RULES_MOST_SETS, sizeof *set->set) ||
        !remember(set->set_index, family, table, name, set->sets)) {
        set->is_cut = true;
        return NULL;
    }
    struct rules_set *made = &set->set[set->sets++];
    *made = (struct rules_set){.family = family, .table = table, .name = name, .is_known = true};
    return made;
}

const char *rules_table_key(char *key, size_t size, const char *table, enum rules_made_by by)
{
    snprintf(key, size, "%s%s", by == RULES_OF_IPTABLES_LEGACY ? "legacy " : "", table);
    return key;
}

uint32_t ruleset_chain(const struct ruleset *set, const char *family, const char *table, const char *name)
{
    return recall(set->chain_index, family, table, name);
}

struct rules_set *ruleset_set(const struct ruleset *set, const char *family, const char *table, const char *name)
{
    uint32_t number = recall(set->set_index, family, table, name);
    return number == RULES_NONE ? NULL : &set->set[number];
}

void ruleset_not_walked(struct ruleset *set, const char *words)
{
    if (!set->not_walked[0])
        rules_copy(set->not_walked, sizeof set->not_walked, words);
}
