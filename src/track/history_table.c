#include "history_table.h"

#define LINK_AT offsetof(struct past, link)

int history_table_init(struct histories *histories, uint32_t limit, const struct hash_key *hash_key)
{
    memset(histories, 0, sizeof *histories);
    histories->hash_key = hash_key;
    return pool_init(&histories->pool, sizeof(struct past), limit) && index_init(&histories->index);
}

void history_table_destroy(struct histories *histories)
{
    pool_destroy(&histories->pool);
    index_destroy(&histories->index);
}

static uint32_t history_hash(const struct histories *histories, const struct address *client,
                             const struct address *server, uint16_t port)
{
    return hash_flow(hash_address(client, histories->hash_key), 0, hash_address(server, histories->hash_key), port,
                     histories->hash_key);
}

static struct past *find(const struct histories *histories, const struct address *client, const struct address *server,
                         uint16_t port, uint32_t hash)
{
    uint32_t cursor = hash & histories->index.mask, id;
    while ((id = index_next(&histories->index, hash, &cursor)) != POOL_NONE) {
        struct past *past = pool_at(&histories->pool, id);
        if (past->port == port && address_equal(&past->client, client) && address_equal(&past->server, server))
            return past;
    }
    return NULL;
}

struct past *history_table_find(const struct histories *histories, const struct address *client,
                                const struct address *server, uint16_t port)
{
    if (histories->pool.in_use == 0) /* under a flood or a scan nobody ever is accepted */
        return NULL;
    return find(histories, client, server, port, history_hash(histories, client, server, port));
}

static uint32_t take(struct histories *histories)
{
    uint32_t id = pool_take(&histories->pool);
    if (id != POOL_NONE || !histories->queue.head)
        return id;
    uint32_t oldest = histories->queue.head - 1;
    struct past *past = pool_at(&histories->pool, oldest);
    index_remove(&histories->index, past->hash, oldest);
    list_remove(&histories->queue, &histories->pool, LINK_AT, oldest);
    pool_give(&histories->pool, oldest);
    return pool_take(&histories->pool);
}

struct past *history_table_get(struct histories *histories, const struct address *client, const struct address *server,
                               uint16_t port)
{
    uint32_t hash = history_hash(histories, client, server, port);
    struct past *past = find(histories, client, server, port, hash);
    if (past)
        return past;
    uint32_t id = take(histories);
    if (id == POOL_NONE)
        return NULL;
    past = pool_at(&histories->pool, id);
    past->client = *client;
    past->server = *server;
    past->port = port;
    past->hash = hash;
    if (!index_insert(&histories->index, hash, id)) {
        pool_give(&histories->pool, id);
        return NULL;
    }
    list_append(&histories->queue, &histories->pool, LINK_AT, id);
    return past;
}
