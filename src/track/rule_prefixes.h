/* The prefixes of firewall rules that NFLOG captures name: few rules log, so each prefix is kept once for all attempts.
 */
#ifndef TRACK_RULE_PREFIXES_H
#define TRACK_RULE_PREFIXES_H

#include <sshsniff/attempt.h>

#define RULE_PREFIXES 128 /* a hostile capture may name more; those are not remembered */

struct rule_prefixes {
    unsigned count;
    char text[RULE_PREFIXES][NFLOG_PREFIX_SIZE];
};

/* The prefix that a packet came with, if any and if the attempt has none yet. The attempt points into `prefixes`. */
void rule_prefix_note(struct rule_prefixes *prefixes, struct attempt *attempt, const struct packet *packet);

#endif
