/* A packet that belongs to no attempt shows only that its sender is there. Here, for most of a busy network's come by.
 */
#ifndef TRACK_FAST_NO_ATTEMPT_H
#define TRACK_FAST_NO_ATTEMPT_H

#include "quick_parse.h"
#include "track/state.h"

static inline bool has_ssh_port(const struct port_set *ports, const struct quick *g)
{
    return port_set_has(ports, g->src_port) | port_set_has(ports, g->dst_port);
}

static inline bool may_be_of_attempt(const struct tracker *t, bool is_tcp, uint32_t hash)
{
    return (is_tcp & index_may_hold(&t->index, hash)) && index_holds(&t->index, hash);
}

static inline void no_attempt_take(struct tracker *t, const struct address *src, uint32_t src_hash, int64_t ts_us,
                                   const uint8_t *mac)
{
    tracker_note_time(t, ts_us);
    hosts_note_sender(&t->hosts, src, src_hash, ts_us, mac, false);
    t->stats.ignored++;
}

#endif
