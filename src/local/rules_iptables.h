/* Rules as `iptables-save -c` lists them, of both of its kinds: those that are nft's underneath lend their words to the
 * rules that nft listed; those of the older kind are rules of their own.
 */
#ifndef LOCAL_RULES_IPTABLES_H
#define LOCAL_RULES_IPTABLES_H

#include "local/rules_model.h"

enum { RULES_WORDS = 128, RULES_WORD_BYTES = 4096 };

/* A line cut into its words, as a shell would. */
struct rules_words {
    char bytes[RULES_WORD_BYTES];
    char *word[RULES_WORDS];
    unsigned words;
    bool is_cut; /* there were more */
};

void rules_words(struct rules_words *words, const char *line);

/* Takes the text (malloc'd, it is the ruleset's from now on) of `iptables-save -c` ("ip") or `ip6tables-save -c`
 * ("ip6"). False: it makes no sense, or there is no memory. */
bool rules_iptables_read(struct ruleset *set, char *text, const char *family, enum rules_made_by by);

#endif
