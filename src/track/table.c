#include "table.h"

#include "fast/compact_syn.h"
#include "queues.h"

uint32_t table_hash(const struct tracker *t, const struct flow_key *key)
{
    return hash_flow(hash_address(&key->client, &t->hash_key), key->client_port,
                     hash_address(&key->server, &t->hash_key), key->server_port, &t->hash_key);
}

static bool key_is(const struct flow_key *key, const struct address *client, uint16_t client_port,
                   const struct address *server, uint16_t server_port)
{
    return key->client_port == client_port && key->server_port == server_port && address_equal(&key->client, client) &&
           address_equal(&key->server, server);
}

struct queued *table_find(const struct tracker *t, uint32_t hash, const struct address *src, uint16_t src_port,
                          const struct address *dst, uint16_t dst_port, enum side *side)
{
    uint32_t cursor = hash & t->index.mask, id;
    while ((id = index_next(&t->index, hash, &cursor)) != POOL_NONE) {
        struct queued *w = queued_at(t, id);
        struct flow_key kept;
        const struct flow_key *key = &kept;
        if (is_compact(w))
            kept = compact_key(compact_of(w));
        else
            key = &entry_of(w)->attempt.key;
        *side = SIDE_CLIENT;
        if (key_is(key, src, src_port, dst, dst_port))
            return w;
        *side = SIDE_SERVER;
        if (key_is(key, dst, dst_port, src, src_port))
            return w;
    }
    return NULL;
}

int64_t queued_last_us(const struct tracker *t, const struct queued *q)
{
    return is_compact(q) ? compact_last_us(t, compact_of(q)) : entry_of(q)->attempt.last_us;
}
