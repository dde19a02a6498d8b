#include "syn_only.h"

#include "track/table.h"

static bool server_is(const struct compact_syn *c, const struct address *address)
{
    struct address server = raw_destination(&c->syn);
    return address_equal(&server, address);
}

static struct compact_syn *at(const struct tracker *t, uint32_t id)
{
    return pool_at(&t->compacts, id & ~COMPACT_ID);
}

bool syn_only_add(struct tracker *t, struct compact_syn *c, const struct address *server, uint32_t hash)
{
    uint64_t router = neighbours_router(&t->neighbours, server, c->syn.data);
    int64_t after = router ? (int64_t)(router - raw_number(&c->syn)) : 0;
    if (after > INT32_MAX || after < INT32_MIN || !index_insert(&t->hosts.index, hash, c->queued.id))
        return false;
    c->router_after = (int32_t)after;
    c->syn_only = true;
    c->queued.hash = hash;
    t->syn_only_servers++;
    return true;
}

void syn_only_remove(struct tracker *t, struct compact_syn *c)
{
    index_remove(&t->hosts.index, c->queued.hash, c->queued.id);
    c->syn_only = false;
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

struct compact_syn *syn_only_match(struct tracker *t, const struct quick *g, uint32_t server_hash, bool syn)
{
    const struct address *server = syn ? &g->dst : &g->src, *client = syn ? &g->src : &g->dst;
    struct compact_syn *c = find(t, server, server_hash);
    if (!c)
        return NULL;
    const uint8_t *tcp = raw_tcp(&c->syn);
    struct address kept = raw_source(&c->syn);
    bool same = tcp_src_port(tcp) == (syn ? g->src_port : g->dst_port) &&
                tcp_dst_port(tcp) == (syn ? g->dst_port : g->src_port) && address_equal(&kept, client);
    if (same)
        return c;
    syn_only_promote(t, c);
    return NULL;
}

struct host *syn_only_promote(struct tracker *t, struct compact_syn *c)
{
    if (!c->syn_only)
        return NULL;
    const struct flow_key key = compact_key(c);
    uint32_t hash = c->queued.hash;
    syn_only_remove(t, c);
    c->queued.hash = table_hash(t, &key);
    index_insert(&t->index, c->queued.hash,
                 c->queued.id); /* without memory it is not found, and handed over all the same */
    struct host *host = hosts_add(&t->hosts, &key.server, hash, c->syn.ts_us);
    if (!host)
        return NULL;
    host->syns_received = 1;
    host->ssh_wanted = true;
    if (c->router_after)
        host->router_number = raw_number(&c->syn) + (uint64_t)(int64_t)c->router_after;
    compact_learn_refusal(t, c, host);
    return host;
}

void syn_only_promote_at(struct tracker *t, const struct address *address, uint32_t hash)
{
    struct compact_syn *c = t->syn_only_servers ? find(t, address, hash) : NULL;
    if (c)
        syn_only_promote(t, c);
}

struct host *syn_only_as_host(void *tracker, uint32_t id, const struct address *address)
{
    struct tracker *t = tracker;
    struct compact_syn *c = at(t, id);
    return server_is(c, address) ? syn_only_promote(t, c) : NULL;
}
