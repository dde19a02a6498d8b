/* Which names had an address lately, for whom, and which: a later question for the other family alone is no failure,
 * and a name whose address SSH was spoken to is one that somebody logs in to. Bounded: the oldest of a set makes room.
 */
#ifndef TRACK_RESOLVED_NAMES_H
#define TRACK_RESOLVED_NAMES_H

#include <sshsniff/packet.h>

#include "base/keyed_hash.h"

enum address_family { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

enum { RESOLVED_SETS = 64, RESOLVED_WAYS = 8 };

struct resolved_name {
    uint64_t hash; /* 0: free */
    struct address client;
    int64_t last_us;
    uint8_t families; /* enum address_family */
    uint8_t count;    /* in use of `address` */
    struct address address[DNS_ADDRESSES];
};

enum { RESOLVED_MARKS = 4096 };

struct resolved_names {
    struct resolved_name name[RESOLVED_SETS][RESOLVED_WAYS];
    uint64_t marks[RESOLVED_MARKS / 64]; /* of the addresses' hashes: most addresses no name leads to */
};

/* False where no name leads to the address with this hash; else one may. */
static inline bool resolved_may_have(const struct resolved_names *names, uint32_t address_hash)
{
    const uint32_t mark = address_hash % RESOLVED_MARKS;
    return names->marks[mark / 64] >> mark % 64 & 1;
}

/* Never 0. */
uint64_t name_hash(const char *name, const struct hash_key *key);

/* An answer with addresses came for its destination. `key`: of the addresses' hashes. */
void resolved_names_note(struct resolved_names *names, uint64_t hash, const struct packet *answer,
                         const struct hash_key *key);

/* The families of which the client was told an address of this name; 0: none. */
uint8_t resolved_families(const struct resolved_names *names, uint64_t hash, const struct address *client);

/* The names of one hash, whoever asked: calls `is` for each until it returns true. */
typedef bool (*resolved_test)(void *context, const struct resolved_name *name);
bool resolved_any(const struct resolved_names *names, uint64_t hash, resolved_test is, void *context);

/* The same of all names. */
bool resolved_all(const struct resolved_names *names, resolved_test is, void *context);

/* The same of all names of this client. */
bool resolved_any_of(const struct resolved_names *names, const struct address *client, resolved_test is, void *context);

#endif
