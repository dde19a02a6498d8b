/* What changes while the rules stay: the counter of one rule, asked of the kernel alone, and the number by which
 * nftables counts its changes.
 */
#ifndef LOCAL_RULES_COUNTER_H
#define LOCAL_RULES_COUNTER_H

#include <sshsniff/local.h>

/* The counter of a rule that local_rules_read has named, as it is now, in microseconds for nft's and with one run of a
 * tool for the older iptables'. False: it has none, or is no longer there. */
bool rules_counter(const struct local_rule *rule, uint64_t *packets);

/* nftables' generation: another number means that some rule, set or element was changed since. 0: not known. Changes of
 * the older iptables and of ipset are not counted. */
uint32_t rules_generation(void);

#endif
