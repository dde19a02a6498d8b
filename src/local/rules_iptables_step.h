/* What one rule of iptables does with a packet, by the line with which iptables-save lists it. */
#ifndef LOCAL_RULES_IPTABLES_STEP_H
#define LOCAL_RULES_IPTABLES_STEP_H

#include "local/rules_value.h"

struct rules_step rules_iptables_step(struct ruleset *set, const struct rules_chain *chain,
                                      const struct rules_rule *rule, const struct rules_packet *packet,
                                      struct rules_work *work);

#endif
