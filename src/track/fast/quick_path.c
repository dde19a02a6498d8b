#include "quick_path.h"

#include "compact_syn.h"
#include "no_attempt.h"
#include "openings.h"
#include "steady.h"
#include "track/queues.h"
#include "track/table.h"

static void prefetch_queued(const struct tracker *t, uint32_t id)
{
    if (id == POOL_NONE)
        return;
    if (id & COMPACT_ID)
        compact_prefetch(compact_of(queued_at(t, id)));
    else
        memory_prefetch(queued_at(t, id), 3 * (size_t)POOL_LINE);
}

static void prefetch_host(const struct tracker *t, uint32_t hash)
{
    uint32_t id = index_at_home(&t->hosts.index, hash);
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

/* The processor hears of all places before any is read: first the slots, and later what those lead to. */
void quick_path_hash_ahead(const struct tracker *t, const struct frame *frames, struct parsed_frame *parsed_frames,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        parsed_frames[i].parsed = quick_parse(&frames[i], &parsed_frames[i].quick);
    for (size_t i = 0; i < count; i++) {
        struct parsed_frame *s = &parsed_frames[i];
        const struct quick *g = &s->quick;
        if (!s->parsed)
            continue;
        s->src_hash = hash_address(&g->src, &t->hash_key);
        s->dst_hash = hash_address(&g->dst, &t->hash_key);
        s->flow_hash = hash_flow(s->src_hash, g->src_port, s->dst_hash, g->dst_port, &t->hash_key);
        line_prefetch(index_home(&t->hosts.index, s->src_hash));
        line_prefetch(index_home(&t->index, s->flow_hash));
        if (g->opening)
            line_prefetch(index_home(&t->hosts.index, s->dst_hash));
    }
}

void quick_path_prefetch(const struct tracker *t, const struct parsed_frame *parsed_frames, size_t count)
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

enum quick_result quick_path_take(struct tracker *t, const struct parsed_frame *parsed_frame, const struct frame *frame)
{
    const struct quick *g = &parsed_frame->quick;
    if (g->opening)
        return opening_take(t, parsed_frame, frame);
    if (g->is_tcp & has_ssh_port(&t->ports, g))
        return steady_take(t, parsed_frame, frame);
    if (may_be_of_attempt(t, g->is_tcp, parsed_frame->flow_hash))
        return QUICK_NEEDS_DECODE;
    no_attempt_take(t, &g->src, parsed_frame->src_hash, frame->ts_us, g->src_mac);
    return QUICK_IGNORED;
}
