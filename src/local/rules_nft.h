/* Rules of nft, from `nft -j list ruleset`; its listing for people (`nft -a -t list ruleset`) has the words of a rule,
 * and what the JSON of older versions leaves out.
 */
#ifndef LOCAL_RULES_NFT_H
#define LOCAL_RULES_NFT_H

#include "local/rules_model.h"

/* Tables, chains, rules and sets of the JSON. False: it makes no sense, or there is no memory. */
bool rules_nft_read(struct ruleset *set, const char *json, size_t length);

/* Devices of ingress and egress chains, and tables that are switched off ("dormant"). The text stays the caller's, for
 * as long as the ruleset lives. */
void rules_nft_listing(struct ruleset *set, const char *text);

/* A rule's words in that listing, in one line; "" where it is not found. */
void rules_nft_words(const struct ruleset *set, const struct rules_chain *chain, uint64_t handle, char *words,
                     size_t size);

#endif
