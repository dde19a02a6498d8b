#include "syn_only.h"

#include "track/state.h"

static bool server_is(const struct compact_syn *b, const struct address *address)
{
    struct address server = raw_destination(&b->syn);
    return address_equal(&server, address);
}

static struct compact_syn *at(const struct tracker *t, uint32_t id)
{
    return pool_at(&t->compacts, id & ~COMPACT_ID);
}

bool syn_only_add(struct tracker *t, struct compact_syn *b, const struct address *server, uint64_t hash)
{
    uint64_t router = neighbours_router(&t->neighbours, server, b->syn.data);
    int64_t after = router ? (int64_t)(router - raw_number(&b->syn)) : 0;
    if (after > INT32_MAX || after < INT32_MIN || !index_insert(&t->hosts.index, (uint32_t)hash, b->queued.id))
        return false;
    b->router_after = (int32_t)after;
    b->syn_only = true;
    b->queued.hash = (uint32_t)hash;
    t->syn_only_servers++;
    return true;
}

void syn_only_remove(struct tracker *t, struct compact_syn *b)
{
    index_remove(&t->hosts.index, b->queued.hash, b->queued.id);
    b->syn_only = false;
    t->syn_only_servers--;
}

static struct compact_syn *find(const struct tracker *t, const struct address *address, uint32_t hash)
{
    const struct index *index = &t->hosts.index;
    uint32_t cursor = hash & index->mask, id;
    while ((id = index_next(index, hash, &cursor)) != POOL_NONE)
        if (id & SYN_ONLY_ID && server_is(at(t, id), address))
            return at(t, id);
    return NULL;
}

struct compact_syn *syn_only_match(struct tracker *t, const struct quick *g, uint64_t server_hash, bool syn)
{
    const struct address *server = syn ? &g->dst : &g->src, *client = syn ? &g->src : &g->dst;
    struct compact_syn *b = find(t, server, (uint32_t)server_hash);
    if (!b)
        return NULL;
    const uint8_t *tcp = raw_tcp(&b->syn);
    struct address kept = raw_source(&b->syn);
    bool same = load16(tcp) == (syn ? g->src_port : g->dst_port) &&
                load16(tcp + 2) == (syn ? g->dst_port : g->src_port) && address_equal(&kept, client);
    if (same)
        return b;
    syn_only_promote(t, b);
    return NULL;
}

struct host *syn_only_promote(struct tracker *t, struct compact_syn *b)
{
    if (!b->syn_only)
        return NULL;
    const struct flow_key key = compact_key(b);
    uint32_t hash = b->queued.hash;
    syn_only_remove(t, b);
    b->queued.hash = attempts_hash(t, &key);
    index_insert(&t->index, b->queued.hash,
                 b->queued.id); /* without memory it is not found, and told of all the same */
    struct host *host = hosts_add(&t->hosts, &key.server, hash, b->syn.ts_us);
    if (!host)
        return NULL;
    host->syns_received = 1;
    if (b->router_after)
        host->router_number = raw_number(&b->syn) + (uint64_t)(int64_t)b->router_after;
    compact_learn_refusal(t, b, host);
    return host;
}

void syn_only_promote_at(struct tracker *t, const struct address *address, uint64_t hash)
{
    struct compact_syn *b = t->syn_only_servers ? find(t, address, (uint32_t)hash) : NULL;
    if (b)
        syn_only_promote(t, b);
}

struct host *syn_only_as_host(void *tracker, uint32_t id, const struct address *address)
{
    struct tracker *t = tracker;
    struct compact_syn *b = at(t, id);
    return server_is(b, address) ? syn_only_promote(t, b) : NULL;
}
