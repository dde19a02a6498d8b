/* A packet that belongs to no attempt tells only that its sender is there. */
#include "brief.h"
#include "cruise.h"
#include "tracker.h"

static bool to_or_from_ssh(const struct tracker *t, const struct glance *g)
{
    return port_set_has(&t->ports, g->src_port) | port_set_has(&t->ports, g->dst_port);
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

/* The processor is told of all places before any is read: first the slots, then what those lead to. */
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

enum glance_result tracker_glance(struct tracker *t, const struct sight *sight, const struct frame *frame)
{
    const struct glance *g = &sight->glance;
    if (g->opening)
        return brief_take(t, sight, frame);
    if (g->is_tcp & to_or_from_ssh(t, g))
        return cruise_take(t, sight, frame);
    if ((g->is_tcp & index_may_hold(&t->index, sight->flow_hash)) && index_holds(&t->index, sight->flow_hash))
        return GLANCE_DECODE;
    tracker_note_time(t, frame->ts_us);
    hosts_pass(&t->hosts, g, sight->src_hash, frame->ts_us);
    t->stats.ignored++;
    return GLANCE_IGNORED;
}
