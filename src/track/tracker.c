/* The tracker's tables, made and freed. */
#include <stdlib.h>

#include "fast/compact_syn.h"
#include "fast/read_ahead.h"
#include "fast/syn_only.h"
#include "life.h"
#include "limits.h"
#include "memory_out.h"

static bool add_local(struct tracker *t, const struct address *local, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!hosts_add_local(&t->hosts, &local[i]))
            return false;
    return true;
}

static bool make_tables(struct tracker *t, size_t local_count)
{
    const struct table_limits *most = &t->limits;
    bool made = pool_init(&t->entries, sizeof(struct entry), most->attempts) &&
                pool_init(&t->compacts, sizeof(struct compact_syn), most->attempts) &&
                pool_init(&t->refusals, sizeof(struct raw_headers), most->refusals) &&
                pool_init(&t->tails, TAIL_BYTES, most->attempts) &&
                pool_init(&t->answers, sizeof(struct answer), most->answers) &&
                pool_init(&t->connections, sizeof(struct connection_entry), most->connections) &&
                pool_init(&t->dialogues, sizeof(struct dialogue_entry), most->dialogues) && index_init(&t->index) &&
                hosts_init(&t->hosts, (uint32_t)(most->hosts + local_count), &t->hash_key, syn_only_as_host, t) &&
                history_table_init(&t->histories, most->histories, &t->hash_key);
    memory_out_count(t);
    t->compacts.cleared = t->refusals.cleared = 0; /* whoever takes one fills it */
    return made;
}

struct tracker *tracker_new(const struct tracker_options *options, case_handler handler, void *context)
{
    struct tracker *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    /* Live, an attacker picks the addresses: a fixed hash would let him pick collisions too. Files must give the same
     * bytes twice: nothing in the output depends on the order of a table. */
    hash_key_draw(&t->hash_key);
    t->ports = *options->ports;
    t->live = options->live;
    t->knows_itself = options->local_count > 0;
    const size_t trails = options->trails ? trail_bytes_of(options->max_memory) : 0;
    table_limits_of(options->max_memory ? options->max_memory - trails : 0, options->max_attempts, &t->limits);
    t->streams.most = t->limits.stream_bytes;
    traces_init(&t->traces, options->traces_itself);
    t->handler = handler;
    t->known = options->known;
    t->options = *options;
    t->options.ports = NULL; /* these two are the caller's */
    t->options.local = NULL;
    t->latest_us = INT64_MIN + options->max_disorder_us;
    t->context = context;
    t->capture.live = options->live;
    t->capture.snaplen = options->snaplen;
    t->capture.memory_out_us = INT64_MIN;
    localities_init(&t->localities, t->limits.localities, &t->hash_key, &t->memory_failures);
    identities_init(&t->identities, t->limits.identities, &t->hash_key, &t->memory_failures);
    legs_init(&t->legs, t->limits.leg_sets, &t->hash_key, &t->memory_failures);
    t->decoder = decoder_new();
    if (!t->decoder || (trails && !trails_init(&t->trails, trails)) || !make_tables(t, options->local_count) ||
        !add_local(t, options->local, options->local_count)) {
        tracker_free(t);
        return NULL;
    }
    return t;
}

void tracker_watch_port(struct tracker *t, uint16_t port)
{
    port_set_add(&t->ports, port);
}

void tracker_free(struct tracker *t)
{
    if (!t)
        return;
    read_ahead_end(t->read_ahead);
    life_end(t);
    pool_destroy(&t->entries);
    pool_destroy(&t->compacts);
    pool_destroy(&t->refusals);
    pool_destroy(&t->tails);
    pool_destroy(&t->answers);
    pool_destroy(&t->connections);
    pool_destroy(&t->dialogues);
    trails_destroy(&t->trails);
    index_destroy(&t->index);
    hosts_destroy(&t->hosts);
    history_table_destroy(&t->histories);
    localities_destroy(&t->localities);
    identities_destroy(&t->identities);
    legs_destroy(&t->legs);
    decoder_free(t->decoder);
    free(t);
}

void tracker_advance(struct tracker *t, int64_t now_us)
{
    if (t->live)
        life_advance(t, now_us);
}

void tracker_finish(struct tracker *t, bool file_broken)
{
    read_ahead_end(t->read_ahead);
    t->read_ahead = NULL;
    t->capture.file_broken = file_broken;
    life_finish(t);
}

bool tracker_memory_was_out(const struct tracker *t)
{
    return t->memory_failures != 0;
}

void tracker_hosts(const struct tracker *t, host_handler handler, void *context)
{
    size_t count;
    struct host **all = hosts_list(&t->hosts, &count);
    for (size_t i = 0; i < count; i++) {
        struct host *host = all[i];
        host_open(host);
        if (host->syns_received || host->accepted || host->ack_rtt_us || host->searches_unanswered)
            handler(context, host);
    }
    free(all);
}

const struct other_lookups *tracker_other_lookups(const struct tracker *t)
{
    return &t->others.lookups;
}

/* Bytes of clear streams: what dialogues hold outside their pool. One that was given back holds none. */
static size_t stream_bytes(const struct tracker *t)
{
    size_t sum = 0;
    for (uint32_t id = 0; id < t->dialogues.used; id++) {
        const struct dialogue_entry *dialogue = pool_at(&t->dialogues, id);
        sum += dialogue->capacity[SIDE_CLIENT] + dialogue->capacity[SIDE_SERVER];
    }
    return sum;
}

void tracker_stats(const struct tracker *t, struct tracker_stats *out)
{
    *out = t->stats;
    out->first_us = t->capture.first_us;
    out->attempts_now = t->entries.in_use + t->compacts.in_use;
    out->hosts_now = t->hosts.pool.in_use - 1;
    out->bytes = stream_bytes(t) + pool_bytes(&t->entries) + pool_bytes(&t->compacts) + pool_bytes(&t->tails) +
                 pool_bytes(&t->refusals) + pool_bytes(&t->answers) + pool_bytes(&t->connections) +
                 pool_bytes(&t->dialogues) + trails_bytes(&t->trails) + pool_bytes(&t->hosts.pool) +
                 pool_bytes(&t->histories.pool) + (t->localities.made ? pool_bytes(&t->localities.pool) : 0) +
                 (t->identities.made ? pool_bytes(&t->identities.pool) : 0) +
                 (t->legs.made ? pool_bytes(&t->legs.sets) : 0);
}
