/* Rules as they were read: chains with their rules in order, and sets. What a rule says stays in the tool's own words
 * (nft's JSON, iptables' -A lines) and is looked at only when a packet meets it.
 */
#ifndef LOCAL_RULES_MODEL_H
#define LOCAL_RULES_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/local.h>

enum { RULES_MOST_CHAINS = 20000, RULES_MOST_RULES = 100000, RULES_MOST_SETS = 10000, RULES_NONE = UINT32_MAX };

enum rules_hook {
    RULES_NO_HOOK = 0, /* entered by a jump only */
    RULES_INGRESS,
    RULES_PREROUTING,
    RULES_INPUT,
    RULES_FORWARD,
    RULES_OUTPUT,
    RULES_POSTROUTING,
    RULES_EGRESS,
    RULES_OTHER_HOOK
};

enum rules_made_by { RULES_OF_NFT = 0, RULES_OF_IPTABLES_NFT, RULES_OF_IPTABLES_LEGACY };

struct rules_rule {
    uint32_t next;   /* in its chain; RULES_NONE: the last */
    uint32_t number; /* from 1 */
    uint64_t handle, counter;
    const json_t *statements; /* nft's; NULL: a line is all there is */
    const char *line;         /* iptables' "-A CHAIN …"; NULL: none */
    const char *comment;
};

struct rules_chain {
    char family[8], table[LOCAL_NAME], name[LOCAL_NAME];
    enum rules_hook hook;
    enum rules_made_by by;
    int priority;
    bool drops_by_policy;
    bool counts_policy; /* iptables': packets that came to the end of the chain */
    uint64_t policy_counter;
    bool dormant;
    bool is_bridge, is_nat;
    uint32_t first, last, rules;
    uint32_t table_number;    /* tables in the order in which they were listed */
    char devices[LOCAL_TEXT]; /* of ingress and egress: as the tool lists them; "" : not known */
};

/* A named set or map. nft's elements are JSON; ipset's were made into the same. */
struct rules_set {
    const char *family, *table, *name; /* "ipset", "" : an ipset */
    json_t *elements;                  /* array */
    bool is_known;                     /* its kind is one that can be looked up */
    bool changed;                      /* by a rule that the packet met */
};

struct ruleset {
    struct rules_chain *chain;
    struct rules_rule *rule;
    struct rules_set *set;
    uint32_t chains, rules, sets;
    uint32_t chain_room, rule_room, set_room;
    uint32_t elements; /* in all sets */
    uint32_t tables;
    json_t *chain_index, *set_index; /* "family table name" to a number */
    json_t *root;                    /* nft's whole answer; rules point into it */
    char *line_text[4];              /* iptables' answers; rules point into them */
    unsigned line_texts;
    const char *nft_text; /* nft's own listing, for the words of a rule; the caller's, "" : none */
    bool is_cut;          /* more than can be held */
    bool has_compatible;  /* tables that iptables-nft made */
    char not_walked[LOCAL_TEXT];
};

/* Memory: false, and `set` as before, where there is none left or the most is reached. */
void ruleset_begin(struct ruleset *set);
void ruleset_end(struct ruleset *set);

/* A new chain, set to zero but for its names; NULL: no room. Valid until the next one is made. */
struct rules_chain *ruleset_add_chain(struct ruleset *set, const char *family, const char *table, const char *name);

/* A new rule at the end of a chain; NULL: no room. */
struct rules_rule *ruleset_add_rule(struct ruleset *set, uint32_t chain);

struct rules_set *ruleset_add_set(struct ruleset *set, const char *family, const char *table, const char *name);

/* The name by which a table's chains are found: both kinds of iptables may have one of the same name. Returns `key`. */
const char *rules_table_key(char *key, size_t size, const char *table, enum rules_made_by by);

/* RULES_NONE: there is none of that name. */
uint32_t ruleset_chain(const struct ruleset *set, const char *family, const char *table, const char *name);
struct rules_set *ruleset_set(const struct ruleset *set, const char *family, const char *table, const char *name);

/* What was not walked, and why: the first such words stay. */
void ruleset_not_walked(struct ruleset *set, const char *words);

/* Copies what fits. */
void rules_copy(char *to, size_t size, const char *from);

#endif
