/* What each client met at each server so far: the history that a ban or a penalty has and a plain refusal has not. */
#ifndef TRACK_PAIRS_H
#define TRACK_PAIRS_H

#include <sshsniff/track.h>

#include "index.h"
#include "pool.h"
#include "queue.h"

struct pair {
    struct address client, server;
    struct history history;
    uint32_t latest; /* id + 1 of the latest attempt's entry, to be credited before the next begins; 0: none */
    struct link link;
    uint32_t hash;
};

struct pairs {
    struct pool pool;
    struct index index;
    struct queue queue;
    uint64_t salt;
};

int pairs_init(struct pairs *pairs, uint32_t limit, uint64_t salt);
void pairs_destroy(struct pairs *pairs);
/* NULL: none yet. */
struct pair *pairs_find(const struct pairs *pairs, const struct address *client, const struct address *server);
/* Finds or makes; the oldest pair is forgotten when full; NULL only when memory is out. */
struct pair *pairs_get(struct pairs *pairs, const struct address *client, const struct address *server);

#endif
