#include "strangers.h"

#include "tracker.h"

static bool server_is(const struct brief *b, const struct address *address)
{
    struct address server = kept_destination(&b->syn);
    return address_equal(&server, address);
}

static struct brief *at(const struct tracker *t, uint32_t id)
{
    return pool_at(&t->briefs, id & ~BRIEF_ID);
}

bool strangers_add(struct tracker *t, struct brief *b, const struct address *server, uint64_t hash)
{
    uint64_t router = neighbours_router(&t->neighbours, server, b->syn.data);
    int64_t after = router ? (int64_t)(router - kept_number(&b->syn)) : 0;
    if (after > INT32_MAX || after < INT32_MIN || !index_insert(&t->hosts.index, (uint32_t)hash, b->waiting.id))
        return false;
    b->router_after = (int32_t)after;
    b->stranger = true;
    b->waiting.hash = (uint32_t)hash;
    t->strangers++;
    return true;
}

void strangers_remove(struct tracker *t, struct brief *b)
{
    index_remove(&t->hosts.index, b->waiting.hash, b->waiting.id);
    b->stranger = false;
    t->strangers--;
}

static struct brief *find(const struct tracker *t, const struct address *address, uint32_t hash)
{
    const struct index *index = &t->hosts.index;
    uint32_t cursor = hash & index->mask, id;
    while ((id = index_next(index, hash, &cursor)) != POOL_NONE)
        if (id & STRANGER_ID && server_is(at(t, id), address))
            return at(t, id);
    return NULL;
}

struct brief *strangers_expect(struct tracker *t, const struct glance *g, uint64_t server_hash, bool syn)
{
    const struct address *server = syn ? &g->dst : &g->src, *client = syn ? &g->src : &g->dst;
    struct brief *b = find(t, server, (uint32_t)server_hash);
    if (!b)
        return NULL;
    const uint8_t *tcp = kept_tcp(&b->syn);
    struct address kept = kept_source(&b->syn);
    bool same = load16(tcp) == (syn ? g->src_port : g->dst_port) &&
                load16(tcp + 2) == (syn ? g->dst_port : g->src_port) && address_equal(&kept, client);
    if (same)
        return b;
    strangers_wake(t, b);
    return NULL;
}

struct host *strangers_wake(struct tracker *t, struct brief *b)
{
    if (!b->stranger)
        return NULL;
    const struct flow_key key = brief_key(b);
    uint32_t hash = b->waiting.hash;
    strangers_remove(t, b);
    b->waiting.hash = attempts_hash(t, &key);
    index_insert(&t->index, b->waiting.hash,
                 b->waiting.id); /* without memory it is not found, and told of all the same */
    struct host *host = hosts_add(&t->hosts, &key.server, hash, b->syn.ts_us);
    if (!host)
        return NULL;
    host->syns_received = 1;
    if (b->router_after)
        host->router_number = kept_number(&b->syn) + (uint64_t)(int64_t)b->router_after;
    brief_learn_refusal(t, b, host);
    return host;
}

void strangers_wake_at(struct tracker *t, const struct address *address, uint64_t hash)
{
    struct brief *b = t->strangers ? find(t, address, (uint32_t)hash) : NULL;
    if (b)
        strangers_wake(t, b);
}

struct host *strangers_answer(void *tracker, uint32_t id, const struct address *address)
{
    struct tracker *t = tracker;
    struct brief *b = at(t, id);
    return server_is(b, address) ? strangers_wake(t, b) : NULL;
}
