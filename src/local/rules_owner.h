/* Which tool made a rule, as its names tell, and what one types there so that the client is let in. */
#ifndef LOCAL_RULES_OWNER_H
#define LOCAL_RULES_OWNER_H

#include "local/rules_model.h"
#include "local/rules_packet.h"

/* Where a packet met a rule. */
struct rules_place {
    const struct ruleset *set;
    const struct rules_chain *chain, *base; /* the rule's own, and the one by which it was entered */
    const struct rules_packet *packet;
    const char *zone; /* firewalld's, by the chains on the way; "" : none */
    bool iptables_is_legacy;
    bool names_sender; /* the rule is for the client's very address */
    bool lets_in;      /* nothing is to be taken away: the client is let in before the rule */
};

/* Fills in `owner` and `command`; all else of the rule is known. */
void rules_owner(const struct rules_place *place, struct local_rule *rule);

/* Whether the rule's command takes it, or its set's element, away. */
bool rules_takes_away(const struct local_rule *rule);

/* The zone whose chain of firewalld's a name is of; false: of none. */
bool rules_zone(const char *chain, char *zone, size_t size);

#endif
