/* What one rule of nft does with a packet: its statements, in order. */
#ifndef LOCAL_RULES_NFT_STEP_H
#define LOCAL_RULES_NFT_STEP_H

#include "local/rules_value.h"

/* The rule's statements are `nft -j`'s "expr". Sets that it adds to are marked as changed. */
struct rules_step rules_nft_step(struct ruleset *set, const struct rules_chain *chain, const struct rules_rule *rule,
                                 const struct rules_packet *packet, struct rules_work *work);

#endif
