/* Says what local_rules_read finds, as JSON, for tests/local_rules/run.
 *   read_rules CLIENT [SERVER [PORT [INTERFACE [USER]]]]     "" : not given
 *   read_rules --counter: a rule as it was printed, on standard input; prints its counter as it is now
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/command.h"
#include "local/rules.h"
#include "local/rules_counter.h"
#include "local/rules_value.h"

static json_t *rule_json(const struct local_rule *rule)
{
    return json_pack("{s:i,s:i,s:i,s:b,s:b,s:b,s:b,s:I,s:I,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s}", "fate",
                     rule->fate, "owner", rule->owner, "by", rule->by, "certain", rule->certain, "has_counter",
                     rule->has_counter, "is_policy", rule->is_policy, "outgoing", rule->outgoing, "counter",
                     (json_int_t)rule->counter, "handle", (json_int_t)rule->handle, "number", (int)rule->number,
                     "family", rule->family, "table", rule->table, "chain", rule->chain, "called_from",
                     rule->called_from, "text", rule->text, "comment", rule->comment, "set", rule->set, "element",
                     rule->element, "expires", (json_int_t)rule->set_expires_s, "log_prefix", rule->log_prefix,
                     "command", rule->command);
}

static int print(json_t *json)
{
    json_dumpf(json, stdout, 0);
    putchar('\n');
    json_decref(json);
    return 0;
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

static int counter(void)
{
    json_t *json = json_loadf(stdin, 0, NULL);
    struct local_rule rule = {.by = (enum local_rules_by)json_integer_value(json_object_get(json, "by")),
                              .has_counter = json_is_true(json_object_get(json, "has_counter")),
                              .is_policy = json_is_true(json_object_get(json, "is_policy")),
                              .handle = (uint64_t)json_integer_value(json_object_get(json, "handle")),
                              .number = (uint32_t)json_integer_value(json_object_get(json, "number"))};
    rules_copy(rule.family, sizeof rule.family, text_of(json, "family"));
    rules_copy(rule.table, sizeof rule.table, text_of(json, "table"));
    rules_copy(rule.chain, sizeof rule.chain, text_of(json, "chain"));
    json_decref(json);
    uint64_t packets;
    if (!rules_counter(&rule, &packets))
        return 1;
    printf("%llu\n", (unsigned long long)packets);
    return 0;
}

int main(int argc, char **argv)
{
    static struct local_rules rules;
    struct local_question question = {.port = 22};
    if (argc == 2 && strcmp(argv[1], "--counter") == 0)
        return counter();
    if (argc < 2 || (argv[1][0] && !rules_address(argv[1], &question.client)) ||
        (argc > 2 && argv[2][0] && !rules_address(argv[2], &question.server))) {
        fprintf(stderr, "usage: read_rules CLIENT [SERVER [PORT [INTERFACE [USER]]]]\n");
        return 2;
    }
    if (argc > 3)
        question.port = (uint16_t)atoi(argv[3]);
    if (argc > 4)
        rules_copy(question.interface, sizeof question.interface, argv[4]);
    if (argc > 5)
        rules_copy(question.user, sizeof question.user, argv[5]);
    local_rules_read(&question, &rules);
    json_t *met = json_array();
    for (unsigned i = 0; i < rules.rules; i++)
        json_array_append_new(met, rule_json(&rules.met[i]));
    return print(json_pack("{s:i,s:i,s:i,s:b,s:b,s:i,s:i,s:i,s:i,s:s,s:o}", "state", rules.state, "fate", rules.fate,
                           "deciding", rules.deciding, "certain", rules.certain, "not_all_walked", rules.not_all_walked,
                           "rules_walked", (int)rules.rules_walked, "rules_in_all", (int)rules.rules_in_all,
                           "set_elements", (int)rules.set_elements, "generation", (int)rules.generation, "not_walked",
                           rules.not_walked, "met", met));
}
