/* A packet that belongs to no attempt tells only that its sender is there. */
#include "compact_syn.h"
#include "steady.h"
#include "track/state.h"

static bool is_ssh(const struct port_set *ports, const struct quick *g)
{
    return (int)port_set_has(ports, g->src_port) | (int)port_set_has(ports, g->dst_port);
}

static void prefetch_queued(const struct tracker *t, uint32_t id)
{
    if (id == POOL_NONE)
        return;
    if (id & COMPACT_ID)
        compact_prefetch(compact_of(queued_at(t, id)));
    else
        memory_prefetch(queued_at(t, id), 3 * (size_t)POOL_LINE);
}

static void prefetch_host(const struct tracker *t, uint64_t hash)
{
    uint32_t id = index_at_home(&t->hosts.index, (uint32_t)hash);
    if (id != POOL_NONE && id & SYN_ONLY_ID)
        prefetch_queued(t, id);
    else if (id != POOL_NONE)
        line_prefetch(&((const struct host_entry *)pool_at(&t->hosts.pool, id))->host);
}

static void prefetch_opening(const struct tracker *t, const struct parsed_frame *s)
{
    prefetch_host(t, s->src_hash);
    prefetch_host(t, s->dst_hash);
    prefetch_queued(t, index_at_home(&t->index, s->flow_hash));
}

/* The processor is told of all places before any is read: first the slots, and later what those lead to. */
void tracker_hash_ahead(const struct tracker *t, struct parsed_frame *parsed_frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct parsed_frame *s = &parsed_frames[i];
        const struct quick *g = &s->quick;
        if (!s->parsed)
            continue;
        s->src_hash = hash_address(&g->src, t->salt);
        s->dst_hash = hash_address(&g->dst, t->salt);
        s->flow_hash = flow_hash(s->src_hash, g->src_port, s->dst_hash, g->dst_port);
        line_prefetch(index_home(&t->hosts.index, (uint32_t)s->src_hash));
        line_prefetch(index_home(&t->index, s->flow_hash));
        if (g->opening)
            line_prefetch(index_home(&t->hosts.index, (uint32_t)s->dst_hash));
    }
}

void tracker_prefetch(const struct tracker *t, const struct parsed_frame *parsed_frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct parsed_frame *s = &parsed_frames[i];
        if (!s->parsed)
            continue;
        if (s->quick.opening) {
            prefetch_opening(t, s);
            continue;
        }
        line_prefetch(hosts_likely(&t->hosts, s->src_hash));
    }
}

void tracker_classifier(const struct tracker *t, struct classifier *out)
{
    out->ports = t->ports;
    out->salt = t->salt;
    out->hints = &t->hints;
}

static bool classify_session(const struct classifier *classifier, const struct frame *frame, const struct quick *g,
                             const struct skipped_frame *out, struct steady_frame *steady_frame)
{
    if (!steady_is_likely(classifier->hints, out->flow_hash) || !steady_read(g, frame, &steady_frame->segment))
        return false;
    steady_frame->dst = g->dst;
    return true;
}

void classify_frame(const struct classifier *classifier, const struct frame *frame, struct skipped_frame *out,
                    struct steady_frame *steady_frame)
{
    struct quick g;
    out->ts_us = frame->ts_us;
    out->frame_class = CLASS_WHOLE;
    if (!quick_parse(frame, &g) || g.opening)
        return;
    out->is_tcp = g.is_tcp;
    out->src = g.src;
    out->src_hash = hash_address(&g.src, classifier->salt);
    out->flow_hash = flow_hash(out->src_hash, g.src_port, hash_address(&g.dst, classifier->salt), g.dst_port);
    memcpy(out->src_mac, g.src_mac, sizeof out->src_mac);
    if (!(g.is_tcp & is_ssh(&classifier->ports, &g)))
        out->frame_class = CLASS_SKIP;
    else if (classify_session(classifier, frame, &g, out, steady_frame))
        out->frame_class = CLASS_STEADY;
}

/* In two steps, as above: a capture that is read flushes the caches, however few hosts there are. */
void tracker_prefetch_skipped(const struct tracker *t, const struct skipped_frame *skipped_frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (skipped_frame[i].frame_class != CLASS_WHOLE) {
            line_prefetch(index_home(&t->hosts.index, (uint32_t)skipped_frame[i].src_hash));
            line_prefetch(index_home(&t->index, skipped_frame[i].flow_hash));
        }
    for (size_t i = 0; i < count; i++)
        if (skipped_frame[i].frame_class != CLASS_WHOLE)
            line_prefetch(hosts_likely(&t->hosts, skipped_frame[i].src_hash));
}

static bool may_be_of_attempt(const struct tracker *t, bool is_tcp, uint32_t hash)
{
    return (is_tcp & index_may_hold(&t->index, hash)) && index_holds(&t->index, hash);
}

static void skip(struct tracker *t, const struct address *src, uint64_t src_hash, int64_t ts_us, const uint8_t *mac)
{
    tracker_note_time(t, ts_us);
    hosts_note_sender(&t->hosts, src, src_hash, ts_us, mac);
    t->stats.ignored++;
}

bool tracker_skip(struct tracker *t, const struct skipped_frame *p)
{
    if (may_be_of_attempt(t, p->is_tcp, p->flow_hash))
        return false;
    skip(t, &p->src, p->src_hash, p->ts_us, p->src_mac);
    return true;
}

enum quick_result tracker_quick(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    const struct quick *g = &parsed_frame->quick;
    if (g->opening)
        return compact_take(t, parsed_frame, frame);
    if (g->is_tcp & is_ssh(&t->ports, g))
        return steady_take(t, parsed_frame, frame);
    if (may_be_of_attempt(t, g->is_tcp, parsed_frame->flow_hash))
        return QUICK_NEEDS_DECODE;
    skip(t, &g->src, parsed_frame->src_hash, frame->ts_us, g->src_mac);
    return QUICK_IGNORED;
}
