/* The rules that a packet meets on its way, and what they make of it in the end. */
#ifndef LOCAL_RULES_MET_H
#define LOCAL_RULES_MET_H

#include "local/rules_owner.h"

struct rules_met {
    struct local_rules *out;
    bool sure;          /* whatever was met so far was certain to be met, and to match */
    bool rule_sure;     /* the same, before the rule that is looked at */
    bool other_doubts;  /* something was left open that is no limit */
    bool one_way_only;  /* and only one of the ways was walked */
    const char *cannot; /* the first thing that was left open; NULL: nothing was */
    bool cut;           /* not all was walked, or not all can be told */
    bool is_answer;     /* the packet is the answer */
    bool sent_on;       /* to another machine, or a container */
    bool translated;    /* to another address or port, this machine\'s perhaps */
    bool passes;        /* it can come through */
    unsigned fates;     /* of the packet so far, a bit each */
    unsigned stops;     /* rules that stop it, or may */
    int last_pass;      /* in met[]: the last rule that let the SYN in; -1: none */
};

void rules_met_begin(struct rules_met *met, struct local_rules *out);

/* Notes one rule, NULL: the chain's policy. `rule_sure` and `sure` are those of before and after it. */
void rules_meet(struct rules_met *met, const struct rules_place *place, const struct rules_rule *rule,
                const struct rules_step *step, enum local_fate fate);

/* None of those noted so far is certain. */
void rules_met_none_certain(struct rules_met *met);

/* What became of the packet, and which rule decides. */
void rules_met_end(struct rules_met *met);

#endif
