#include "pairs.h"

#define LINK_AT offsetof(struct pair, link)

int pairs_init(struct pairs *pairs, uint32_t limit, uint64_t salt)
{
    memset(pairs, 0, sizeof *pairs);
    pairs->salt = salt;
    return pool_init(&pairs->pool, sizeof(struct pair), limit) && index_init(&pairs->index);
}

void pairs_destroy(struct pairs *pairs)
{
    pool_destroy(&pairs->pool);
    index_destroy(&pairs->index);
}

static uint32_t pair_hash(const struct pairs *pairs, const struct address *client, const struct address *server)
{
    return (uint32_t)(hash_address(client, pairs->salt) * 3 + hash_address(server, pairs->salt));
}

static struct pair *find(const struct pairs *pairs, const struct address *client, const struct address *server,
                         uint32_t hash)
{
    uint32_t cursor = hash & pairs->index.mask, id;
    while ((id = index_next(&pairs->index, hash, &cursor)) != POOL_NONE) {
        struct pair *pair = pool_at(&pairs->pool, id);
        if (address_equal(&pair->client, client) && address_equal(&pair->server, server))
            return pair;
    }
    return NULL;
}

struct pair *pairs_find(const struct pairs *pairs, const struct address *client, const struct address *server)
{
    if (pairs->pool.in_use == 0) /* under a flood or a scan nobody ever is accepted */
        return NULL;
    return find(pairs, client, server, pair_hash(pairs, client, server));
}

static uint32_t take(struct pairs *pairs)
{
    uint32_t id = pool_take(&pairs->pool);
    if (id != POOL_NONE || !pairs->queue.head)
        return id;
    uint32_t oldest = pairs->queue.head - 1;
    struct pair *pair = pool_at(&pairs->pool, oldest);
    index_remove(&pairs->index, pair->hash, oldest);
    queue_remove(&pairs->queue, &pairs->pool, LINK_AT, oldest);
    pool_give(&pairs->pool, oldest);
    return pool_take(&pairs->pool);
}

struct pair *pairs_get(struct pairs *pairs, const struct address *client, const struct address *server)
{
    uint32_t hash = pair_hash(pairs, client, server);
    struct pair *pair = find(pairs, client, server, hash);
    if (pair)
        return pair;
    uint32_t id = take(pairs);
    if (id == POOL_NONE)
        return NULL;
    pair = pool_at(&pairs->pool, id);
    pair->client = *client;
    pair->server = *server;
    pair->hash = hash;
    if (!index_insert(&pairs->index, hash, id)) {
        pool_give(&pairs->pool, id);
        return NULL;
    }
    queue_append(&pairs->queue, &pairs->pool, LINK_AT, id);
    return pair;
}
