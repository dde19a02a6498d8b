#include "classify.h"

#include "no_attempt.h"
#include "track/table.h"

void classifier_init(struct classifier *out, const struct tracker *t)
{
    out->ports = t->ports;
    out->hash_key = &t->hash_key;
    out->hints = &t->hints;
}

static bool classify_session(const struct classifier *classifier, const struct frame *frame, const struct quick *g,
                             const struct skipped_frame *out, struct steady_frame *steady_frame)
{
    if (!steady_is_likely(classifier->hints, out->flow_hash) || !steady_segment_read(g, frame, &steady_frame->segment))
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
    out->src_hash = hash_address(&g.src, classifier->hash_key);
    out->flow_hash = hash_flow(out->src_hash, g.src_port, hash_address(&g.dst, classifier->hash_key), g.dst_port,
                               classifier->hash_key);
    memcpy(out->src_mac, g.src_mac, sizeof out->src_mac);
    if (!(g.is_tcp & has_ssh_port(&classifier->ports, &g)))
        out->frame_class = CLASS_SKIP;
    else if (classify_session(classifier, frame, &g, out, steady_frame))
        out->frame_class = CLASS_STEADY;
}

/* In two steps, first the slots and then what those lead to: a capture that is read flushes the caches, however few
 * hosts there are. */
void classified_prefetch(const struct tracker *t, const struct skipped_frame *skipped_frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (skipped_frame[i].frame_class != CLASS_WHOLE) {
            line_prefetch(index_home(&t->hosts.index, skipped_frame[i].src_hash));
            line_prefetch(index_home(&t->index, skipped_frame[i].flow_hash));
        }
    for (size_t i = 0; i < count; i++)
        if (skipped_frame[i].frame_class != CLASS_WHOLE)
            line_prefetch(hosts_likely(&t->hosts, skipped_frame[i].src_hash));
}

bool classified_skip(struct tracker *t, const struct skipped_frame *p)
{
    if (may_be_of_attempt(t, p->is_tcp, p->flow_hash))
        return false;
    no_attempt_take(t, &p->src, p->src_hash, p->ts_us, p->src_mac);
    return true;
}
