/* Which rules of this machine a client's SYN meets. Nothing is changed and nothing is sent: rules are listed by their
 * own tools, and the way of the SYN through them is worked out (rules_walk.h).
 */
#ifndef LOCAL_RULES_H
#define LOCAL_RULES_H

#include <sshsniff/local.h>

#include "local/rules_walk.h"

/* Lists the rules and walks them for the question's client, in some 20 to 200 ms. Whatever cannot be read is in
 * `state` and `not_walked`. A port of 0 is 22; without a client nothing is known of its address. */
void local_rules_read(const struct local_question *question, struct local_rules *out);

/* What the tools say, for the walk alone. Each text is one tool's, NULL: it has nothing to say. */
struct rules_texts {
    char *nft_json;
    size_t nft_json_length;
    const char *nft_listing;            /* stays the caller's while the ruleset lives */
    char *iptables_nft, *ip6tables_nft; /* malloc'd; the ruleset's from then on */
    char *iptables_legacy, *ip6tables_legacy;
    char *ipset; /* the caller's; is changed */
};

/* False: the JSON makes no sense, or there is no memory. ruleset_end in any case. */
bool rules_from_texts(struct ruleset *set, struct rules_texts *texts);

/* The rules as they were read at one time, to be walked for any client until they change. */
struct rules_reading {
    struct ruleset set;
    struct rules_texts texts;
    struct rules_machine machine;
    enum local_state state;
    uint32_t generation;
    int64_t read_us; /* when reading began */
    bool quiet;      /* nothing changed while they were read */
    bool speaks_of_ipset;
    bool asks_hosts; /* the server asks hosts.allow and hosts.deny */
};

/* Rules of the older iptables are there, of which the kernel tells no changes. */
bool rules_has_legacy_tables(bool v6);

/* The older iptables' rules and, where `sets`, ipset's, as one number: while it stays, they do. Counters are left out.
 */
uint64_t rules_silent_state(bool v6, bool sets);

/* `v6`: iptables' rules are read of one family. False: what was read is not whole. rules_reading_end in any case. */
bool rules_reading_take(struct rules_reading *reading, bool v6);
void rules_reading_walk(struct rules_reading *reading, const struct local_question *question,
                        const struct rules_packet *packet, struct local_rules *out);
void rules_reading_end(struct rules_reading *reading);

#endif
