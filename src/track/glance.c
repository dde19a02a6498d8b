/* A packet that belongs to no attempt tells only that its sender is there. */
#include "brief.h"
#include "cruise.h"
#include "tracker.h"

static bool is_ssh(const struct port_set *ports, const struct glance *g)
{
    return (int)port_set_has(ports, g->src_port) | (int)port_set_has(ports, g->dst_port);
}

static void fetch_waiting(const struct tracker *t, uint32_t id)
{
    if (id == POOL_NONE)
        return;
    if (id & BRIEF_ID)
        brief_fetch(brief_of(waiting_at(t, id)));
    else
        memory_fetch(waiting_at(t, id), 3 * (size_t)POOL_LINE);
}

static void fetch_host(const struct tracker *t, uint64_t hash)
{
    uint32_t id = index_at_home(&t->hosts.index, (uint32_t)hash);
    if (id != POOL_NONE && id & STRANGER_ID)
        fetch_waiting(t, id);
    else if (id != POOL_NONE)
        line_fetch(&((const struct host_entry *)pool_at(&t->hosts.pool, id))->host);
}

static void fetch_opening(const struct tracker *t, const struct sight *s)
{
    fetch_host(t, s->src_hash);
    fetch_host(t, s->dst_hash);
    fetch_waiting(t, index_at_home(&t->index, s->flow_hash));
}

/* The processor is told of all places before any is read: first the slots, and later what those lead to. */
void tracker_foresee(const struct tracker *t, struct sight *sights, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sight *s = &sights[i];
        const struct glance *g = &s->glance;
        if (!s->glanced)
            continue;
        s->src_hash = hash_address(&g->src, t->salt);
        s->dst_hash = hash_address(&g->dst, t->salt);
        s->flow_hash = flow_hash(s->src_hash, g->src_port, s->dst_hash, g->dst_port);
        line_fetch(index_home(&t->hosts.index, (uint32_t)s->src_hash));
        line_fetch(index_home(&t->index, s->flow_hash));
        if (g->opening)
            line_fetch(index_home(&t->hosts.index, (uint32_t)s->dst_hash));
    }
}

void tracker_fetch(const struct tracker *t, const struct sight *sights, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sight *s = &sights[i];
        if (!s->glanced)
            continue;
        if (s->glance.opening) {
            fetch_opening(t, s);
            continue;
        }
        line_fetch(hosts_likely(&t->hosts, s->src_hash));
    }
}

void tracker_sieve(const struct tracker *t, struct sieve *out)
{
    out->ports = t->ports;
    out->salt = t->salt;
    out->hints = &t->hints;
}

static bool sieve_session(const struct sieve *sieve, const struct frame *frame, const struct glance *g,
                          const struct passer *out, struct cruiser *cruiser)
{
    if (!cruise_is_likely(sieve->hints, out->flow_hash) || !cruise_read(g, frame, &cruiser->segment))
        return false;
    cruiser->dst = g->dst;
    return true;
}

void sieve_frame(const struct sieve *sieve, const struct frame *frame, struct passer *out, struct cruiser *cruiser)
{
    struct glance g;
    out->ts_us = frame->ts_us;
    out->sieved = SIEVED_WHOLE;
    if (!decode_glance(frame, &g) || g.opening)
        return;
    out->is_tcp = g.is_tcp;
    out->src = g.src;
    out->src_hash = hash_address(&g.src, sieve->salt);
    out->flow_hash = flow_hash(out->src_hash, g.src_port, hash_address(&g.dst, sieve->salt), g.dst_port);
    memcpy(out->src_mac, g.src_mac, sizeof out->src_mac);
    if (!(g.is_tcp & is_ssh(&sieve->ports, &g)))
        out->sieved = SIEVED_PASSES;
    else if (sieve_session(sieve, frame, &g, out, cruiser))
        out->sieved = SIEVED_CRUISES;
}

/* In two steps, as above: a capture that is read flushes the caches, however few hosts there are. */
void tracker_expect(const struct tracker *t, const struct passer *passer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (passer[i].sieved != SIEVED_WHOLE) {
            line_fetch(index_home(&t->hosts.index, (uint32_t)passer[i].src_hash));
            line_fetch(index_home(&t->index, passer[i].flow_hash));
        }
    for (size_t i = 0; i < count; i++)
        if (passer[i].sieved != SIEVED_WHOLE)
            line_fetch(hosts_likely(&t->hosts, passer[i].src_hash));
}

static bool may_be_of_attempt(const struct tracker *t, bool is_tcp, uint32_t hash)
{
    return (is_tcp & index_may_hold(&t->index, hash)) && index_holds(&t->index, hash);
}

static void pass(struct tracker *t, const struct address *src, uint64_t src_hash, int64_t ts_us, const uint8_t *mac)
{
    tracker_note_time(t, ts_us);
    hosts_pass(&t->hosts, src, src_hash, ts_us, mac);
    t->stats.ignored++;
}

bool tracker_pass(struct tracker *t, const struct passer *p)
{
    if (may_be_of_attempt(t, p->is_tcp, p->flow_hash))
        return false;
    pass(t, &p->src, p->src_hash, p->ts_us, p->src_mac);
    return true;
}

enum glance_result tracker_glance(struct tracker *t, const struct sight *sight, const struct frame *frame)
{
    const struct glance *g = &sight->glance;
    if (g->opening)
        return brief_take(t, sight, frame);
    if (g->is_tcp & is_ssh(&t->ports, g))
        return cruise_take(t, sight, frame);
    if (may_be_of_attempt(t, g->is_tcp, sight->flow_hash))
        return GLANCE_DECODE;
    pass(t, &g->src, sight->src_hash, frame->ts_us, g->src_mac);
    return GLANCE_IGNORED;
}
