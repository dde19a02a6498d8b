#include "limits.h"

#include "dialogue_entry.h"
#include "fast/compact_syn.h"
#include "fast/raw_headers.h"
#include "history_table.h"
#include "identities.h"
#include "legs.h"
#include "localities.h"
#include "trail.h"

/* What one more attempt can cost: its entry, its compact record with what is too long for it, two slots of an index
 * that is at least half full. */
enum { INDEX_BYTES = 4 * sizeof(struct index_slot) };
#define ATTEMPT_BYTES (sizeof(struct entry) + sizeof(struct compact_syn) + TAIL_BYTES + INDEX_BYTES)

/* Of a limited memory, what each table gets: half for attempts, of which a flood brings most; the rest for what makes a
 * verdict on those that go further. Judgement. */
static const struct {
    size_t at, item_bytes;
    uint32_t usual, least;
    float share;
    size_t (*bytes_of_one)(void); /* to be added; NULL: none */
} tables[] = {
    {offsetof(struct table_limits, attempts), ATTEMPT_BYTES, 1 << 20, 1024, 0.46f, NULL},
    {offsetof(struct table_limits, answers), sizeof(struct answer), 1 << 15, 512, 0.08f, NULL},
    {offsetof(struct table_limits, connections), sizeof(struct connection_entry), 1 << 13, 256, 0.12f, NULL},
    {offsetof(struct table_limits, dialogues), sizeof(struct dialogue_entry), 1 << 11, 64, 0.08f, NULL},
    {offsetof(struct table_limits, refusals), sizeof(struct raw_headers), 1 << 15, 512, 0.03f, NULL},
    {offsetof(struct table_limits, hosts), sizeof(struct host_entry) + INDEX_BYTES, 1 << 13, 256, 0.08f, NULL},
    {offsetof(struct table_limits, histories), sizeof(struct past) + INDEX_BYTES, 1 << 14, 256, 0.03f, NULL},
    {offsetof(struct table_limits, identities), INDEX_BYTES, 1 << 10, 64, 0.02f, identities_bytes_of_one},
    {offsetof(struct table_limits, localities), INDEX_BYTES, 1 << 13, 256, 0.01f, localities_bytes_of_one},
    {offsetof(struct table_limits, leg_sets), MOST_LEGS *INDEX_BYTES, 1 << 12, 256, 0.01f, legs_bytes_of_one},
};

static const float stream_share = 0.08f;
static const size_t usual_stream_bytes = (size_t)160 << 20, least_stream_bytes = (size_t)1 << 20;

enum { USUAL_HELD = 1 << 12 };

static size_t share_of(size_t memory, float share)
{
    return (size_t)((double)memory * (double)share);
}

void table_limits_of(size_t max_memory, size_t max_attempts, struct table_limits *out)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        size_t count = tables[i].usual;
        const size_t one = tables[i].item_bytes + (tables[i].bytes_of_one ? tables[i].bytes_of_one() : 0);
        const size_t may = share_of(max_memory, tables[i].share) / one;
        if (max_memory && may < count)
            count = may > tables[i].least ? may : tables[i].least;
        memcpy((uint8_t *)out + tables[i].at, &(uint32_t){(uint32_t)count}, sizeof(uint32_t));
    }
    if (max_attempts && (!max_memory || max_attempts < out->attempts))
        out->attempts = (uint32_t)max_attempts;
    out->stream_bytes = usual_stream_bytes;
    const size_t may = share_of(max_memory, stream_share);
    if (max_memory && may < usual_stream_bytes)
        out->stream_bytes = may > least_stream_bytes ? may : least_stream_bytes;
    out->held = max_memory && out->attempts / 4 < USUAL_HELD ? out->attempts / 4 : USUAL_HELD;
}

/* Judgement: an eighth is as much as what makes a verdict on logins gets. */
size_t trail_bytes_of(size_t max_memory)
{
    const size_t eighth = max_memory / 8;
    return eighth && eighth < TRAIL_BYTES ? eighth : TRAIL_BYTES;
}
