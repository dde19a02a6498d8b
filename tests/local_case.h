/* What a machine says of itself, made by hand: for tests of what is made of it. */
#ifndef TEST_LOCAL_CASE_H
#define TEST_LOCAL_CASE_H

#include <stdio.h>
#include <string.h>

#include <sshsniff/local_evidence.h>

struct local_case {
    struct local_facts facts;
    struct local_evidence evidence;
};

/* Nothing is known but what this machine is to the attempt. */
static inline void local_case_begin(struct local_case *c, enum local_role role)
{
    memset(c, 0, sizeof *c);
    c->evidence.facts = &c->facts;
    c->evidence.role = role;
    c->facts.rules.deciding = -1;
}

static inline struct local_age local_steady(void)
{
    return (struct local_age){LOCAL_HOLDS_STEADY, 20000};
}

static inline void local_case_sockets(struct local_case *c)
{
    c->facts.sockets.state = LOCAL_KNOWN;
    c->evidence.sockets = local_steady();
}

/* `address` NULL: all addresses, of either family. */
static inline void local_case_listener(struct local_case *c, const struct address *address, uint16_t port)
{
    local_case_sockets(c);
    c->facts.sockets.listener[c->facts.sockets.listeners++] =
        (struct local_listener){.address = address ? *address : (struct address){{0}},
                                .port = port,
                                .is_ssh = true,
                                .program = "sshd",
                                .socket = 77};
}

/* All rules are known, and none stops anybody. */
static inline void local_case_rules(struct local_case *c)
{
    c->facts.rules.state = LOCAL_KNOWN;
    c->facts.rules.fate = LOCAL_PASSES;
    c->facts.rules.certain = true;
    c->evidence.rules = local_steady();
}

static inline struct local_rule *local_case_rule(struct local_case *c, enum local_fate fate)
{
    local_case_rules(c);
    struct local_rule *rule = &c->facts.rules.met[0];
    c->facts.rules.rules = 1;
    c->facts.rules.deciding = 0;
    c->facts.rules.fate = fate;
    *rule = (struct local_rule){.fate = fate, .certain = true, .number = 12, .handle = 40, .has_counter = true};
    snprintf(rule->family, sizeof rule->family, "inet");
    snprintf(rule->table, sizeof rule->table, "filter");
    snprintf(rule->chain, sizeof rule->chain, "input");
    snprintf(rule->text, sizeof rule->text, "tcp dport 22 drop");
    snprintf(rule->command, sizeof rule->command, "sudo nft delete rule inet filter input handle 40");
    return rule;
}

static inline void local_case_count(struct local_count *count, uint64_t before, uint64_t after, uint32_t own,
                                    uint32_t others)
{
    *count = (struct local_count){true, before, after, own, others};
}

#endif
