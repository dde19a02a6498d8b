/* A packet that belongs to no attempt tells only that its sender is there. */
#include "brief.h"
#include "tracker.h"

static bool to_or_from_ssh(const struct tracker *t, const struct glance *g)
{
    return port_set_has(&t->ports, g->src_port) || port_set_has(&t->ports, g->dst_port);
}

enum glance_result tracker_glance(struct tracker *t, const struct glance *g, const struct frame *frame)
{
    if (g->opening)
        return brief_take(t, g, frame);
    if (g->is_tcp && to_or_from_ssh(t, g))
        return GLANCE_DECODE;
    int64_t ts_us = frame->ts_us;
    uint64_t src = hash_address(&g->src, t->salt), dst = hash_address(&g->dst, t->salt);
    if (g->is_tcp && index_holds(&t->index, flow_hash(src, g->src_port, dst, g->dst_port)))
        return GLANCE_DECODE;
    tracker_note_time(t, ts_us);
    struct host *sender = hosts_glimpse(&t->hosts, &g->src, src);
    if (sender)
        host_learn(&t->hosts, sender, ts_us, g->src_mac);
    struct host *receiver = hosts_glimpse(&t->hosts, &g->dst, dst);
    if (receiver)
        receiver->received++;
    t->stats.ignored++;
    return GLANCE_IGNORED;
}
