/* What each client met at each port of each server so far: the history that a ban or a penalty has and a plain refusal
 * has not. What it did at other ports is of no account: a web server's visitor is not let in by sshd, and a failed
 * login on one port bans nobody from another that still serves him. */
#ifndef TRACK_HISTORY_TABLE_H
#define TRACK_HISTORY_TABLE_H

#include <sshsniff/tracker.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"

struct past {
    struct address client, server;
    uint16_t port; /* the server's */
    struct history history;
    uint32_t latest; /* id + 1 of the latest attempt's entry, whose login is counted before the next begins; 0: none */
    struct list_link link;
    uint32_t hash;
};

struct histories {
    struct pool pool;
    struct index index;
    struct list queue;
    const struct hash_key *hash_key;
};

int history_table_init(struct histories *histories, uint32_t limit, const struct hash_key *hash_key);
void history_table_destroy(struct histories *histories);
/* NULL: none yet. */
struct past *history_table_find(const struct histories *histories, const struct address *client,
                                const struct address *server, uint16_t port);
/* Finds or makes; the oldest is forgotten when full; NULL only when memory is out. */
struct past *history_table_get(struct histories *histories, const struct address *client, const struct address *server,
                               uint16_t port);

#endif
