/* Legs: one connection that is seen with two four-tuples, because the capturing machine translates addresses (DNAT,
 * masquerade) or was placed where both sides of such a machine are seen. The client's SYN and what becomes of it share
 * what translation leaves alone: sequence number, IP ID or flow label, window, time stamp. The first leg, as the client
 * sent it, is the attempt; packets of the others belong to it and make none of their own. */
#ifndef TRACK_LEGS_H
#define TRACK_LEGS_H

#include <sshsniff/attempt.h>
#include <sshsniff/packet.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"

/* What is kept of a SYN to know it again by. */
struct syn_trait {
    uint32_t seq;
    uint32_t compact; /* id + 1 of the compact SYN record that holds all else but the time; 0: it is here */
    int64_t ts_us;    /* 0: no SYN */
    struct flow_key key;
    uint64_t options; /* bytes 28 to 35 of the TCP header, where the usual stacks have their time stamp; 0: not there */
    uint32_t id;      /* IP ID, or flow label */
    uint16_t window;
    uint8_t ttl;
    uint8_t direction; /* enum packet_direction */
    bool sum_is_bad;   /* its checksum */
};

struct syn_trait syn_trait_of(const struct packet *syn);

/* A leg follows at once, so that the latest SYNs are enough. */
enum { RECENT_SYNS = 128, MOST_LEGS = 3 };

struct leg_set {
    struct flow_key attempt;
    uint64_t syn_number; /* of the attempt's first SYN */
    uint32_t isn;
    uint32_t id;
    struct flow_key leg[MOST_LEGS];
    unsigned count;
    struct list_link link;
};

struct legs {
    uint32_t *failures;                   /* how often memory was out: the tracker's count */
    struct syn_trait recent[RECENT_SYNS]; /* by sequence number */
    struct pool sets;                     /* made with the first leg */
    struct index index;                   /* by a leg's four-tuple */
    struct list queue;                    /* oldest first */
    const struct hash_key *hash_key;
    uint32_t most; /* that are kept */
    bool made;
};

/* What one of them takes, without its places in the index. */
size_t legs_bytes_of_one(void);

void legs_init(struct legs *legs, uint32_t most, const struct hash_key *hash_key, uint32_t *failures);
void legs_destroy(struct legs *legs);

/* The first SYN of an attempt; where directions are known, also one sent again. */
static inline void legs_note_syn(struct legs *legs, const struct syn_trait *syn)
{
    legs->recent[syn->seq % RECENT_SYNS] = *syn;
}

/* The same of one that a compact record holds. */
static inline void legs_note_compact(struct legs *legs, uint32_t seq, int64_t ts_us, uint32_t id)
{
    struct syn_trait *syn = &legs->recent[seq % RECENT_SYNS];
    syn->seq = seq;
    syn->compact = id + 1;
    syn->ts_us = ts_us;
}

/* The latest SYN with this sequence number; NULL: none. */
static inline const struct syn_trait *legs_recent(const struct legs *legs, uint32_t seq)
{
    const struct syn_trait *syn = &legs->recent[seq % RECENT_SYNS];
    return syn->seq == seq && syn->ts_us ? syn : NULL;
}

/* True where `syn` is the next leg of the connection that `before` began with another four-tuple. */
bool legs_follows(const struct syn_trait *before, const struct packet *syn);

/* Adds this four-tuple to the attempt's legs; `id` is where those are, 0 where it has none yet. Returns the new id; 0
 * where memory is out or there are too many. */
uint32_t legs_add(struct legs *legs, uint32_t id, const struct attempt *attempt, const struct flow_key *leg);
/* The legs of that attempt; NULL: none, or forgotten since. */
const struct leg_set *legs_of(const struct legs *legs, uint32_t id, const struct attempt *attempt);

/* The set that this four-tuple is a leg of, in either direction; NULL: of none. */
struct leg_set *legs_search(const struct legs *legs, const struct flow_key *key);
static inline struct leg_set *legs_find(const struct legs *legs, const struct flow_key *key)
{
    return legs->made ? legs_search(legs, key) : NULL;
}
/* The four-tuple is used anew. */
void legs_forget(struct legs *legs, struct leg_set *set);

#endif
