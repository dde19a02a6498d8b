/* The table of attempts: found by four-tuple in either direction, bounded, oldest out first. */
#include "mark.h"
#include "state.h"
#include "track/fast/compact_syn.h"
#include "track/fast/syn_only.h"

/* How long a SYN without an answer stays in a file's table: longer than any stack goes on retransmitting it. */
enum { SYN_FORGET_US = 300000000 };

uint32_t attempts_hash(const struct tracker *t, const struct flow_key *key)
{
    return flow_hash(hash_address(&key->client, t->salt), key->client_port, hash_address(&key->server, t->salt),
                     key->server_port);
}

static bool key_is(const struct flow_key *key, const struct address *client, uint16_t client_port,
                   const struct address *server, uint16_t server_port)
{
    return key->client_port == client_port && key->server_port == server_port && address_equal(&key->client, client) &&
           address_equal(&key->server, server);
}

struct queued *attempts_peek(struct tracker *t, uint32_t hash, const struct address *src, uint16_t src_port,
                             const struct address *dst, uint16_t dst_port, enum side *side)
{
    uint32_t cursor = hash & t->index.mask, id;
    while ((id = index_next(&t->index, hash, &cursor)) != POOL_NONE) {
        struct queued *w = queued_at(t, id);
        struct flow_key kept;
        const struct flow_key *key = &kept;
        if (is_compact(w))
            kept = compact_key(compact_of(w));
        else
            key = &entry_of(w)->attempt.key;
        *side = SIDE_CLIENT;
        if (key_is(key, src, src_port, dst, dst_port))
            return w;
        *side = SIDE_SERVER;
        if (key_is(key, dst, dst_port, src, src_port))
            return w;
    }
    return NULL;
}

static struct entry *as_entry(struct tracker *t, struct queued *w)
{
    if (!w)
        return NULL;
    return is_compact(w) ? compact_promote(t, compact_of(w)) : entry_of(w);
}

/* A stranger's attempt is found by its four-tuple only once it is awake. */
static struct queued *promote_and_peek(struct tracker *t, const struct flow_key *key, uint64_t client_hash,
                                       uint64_t server_hash, enum side *side)
{
    syn_only_promote_at(t, &key->client, client_hash);
    syn_only_promote_at(t, &key->server, server_hash);
    uint32_t hash = flow_hash(client_hash, key->client_port, server_hash, key->server_port);
    return attempts_peek(t, hash, &key->client, key->client_port, &key->server, key->server_port, side);
}

struct entry *attempts_find(struct tracker *t, const struct packet *packet, enum side *side)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    return as_entry(t, promote_and_peek(t, &key, t->src_hash, t->dst_hash, side));
}

struct entry *attempts_find_key(struct tracker *t, const struct flow_key *key)
{
    enum side side;
    struct queued *w =
        promote_and_peek(t, key, hash_address(&key->client, t->salt), hash_address(&key->server, t->salt), &side);
    return w && side == SIDE_CLIENT ? as_entry(t, w) : NULL;
}

/* Makes room for one more of anything: what is over goes first, then what is decided, then the oldest unanswered SYN
 * (live: of those that were not sent again, for so a flood's are known), then the most idle connection. The entry that
 * asks is the newest of QUEUE_OPEN, so it is never its own victim. */
static bool evict_one(struct tracker *t, bool answered_only)
{
    static const enum queue_name order[] = {QUEUE_HELD, QUEUE_DONE, QUEUE_CLOSING, QUEUE_SYN, QUEUE_AGAIN, QUEUE_OPEN};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (answered_only && (order[i] == QUEUE_SYN || order[i] == QUEUE_AGAIN))
            continue;
        struct queued *w = queue_head(t, order[i]);
        if (!w)
            continue;
        if (order[i] != QUEUE_DONE && order[i] != QUEUE_HELD) {
            if (is_compact(w))
                compact_of(w)->evicted = true;
            else
                entry_of(w)->attempt.facts |= FACT_EVICTED;
            t->stats.evicted++;
        }
        queued_report_and_drop(t, w, t->capture.last_us);
        queue_prefetch(t, order[i]);
        return true;
    }
    return false;
}

uint32_t attempts_take(struct tracker *t, struct pool *pool)
{
    uint32_t id = pool_take(pool);
    while (id == POOL_NONE && evict_one(t, pool != &t->entries))
        id = pool_take(pool);
    return id;
}

void attempts_make_room(struct tracker *t)
{
    for (struct queued *w; (w = queue_head(t, QUEUE_SYN)) && t->capture.last_us - queued_last_us(t, w) > SYN_FORGET_US;)
        queued_report_and_drop(t, w, t->capture.last_us);
    while (t->entries.in_use + t->compacts.in_use >= t->max_attempts && evict_one(t, false))
        ;
}

struct entry *attempts_new(struct tracker *t, const struct flow_key *key, const struct packet *packet)
{
    attempts_make_room(t);
    uint32_t id = attempts_take(t, &t->entries);
    if (id == POOL_NONE)
        return NULL;
    struct entry *entry = pool_at(&t->entries, id);
    entry->queued.id = id;
    entry->queued.hash = attempts_hash(t, key);
    entry->attempt.key = *key;
    entry->attempt.last_us = packet->ts_us;
    if (port_set_has(&t->ports, key->server_port))
        entry->attempt.facts |= FACT_SSH_PORT;
    if (!index_insert(&t->index, entry->queued.hash, id)) {
        pool_give(&t->entries, id);
        return NULL;
    }
    queue_join(t, &entry->queued, QUEUE_SYN);
    return entry;
}

struct answer *attempts_answer(struct tracker *t, struct entry *entry)
{
    if (entry->answer_id)
        return entry->attempt.answer;
    /* Out of the way of the eviction that this may cause. */
    queue_move(t, &entry->queued, QUEUE_OPEN);
    uint32_t id = attempts_take(t, &t->answers);
    if (id == POOL_NONE)
        return NULL;
    entry->answer_id = id + 1;
    entry->attempt.answer = pool_at(&t->answers, id);
    return entry->attempt.answer;
}

struct connection *attempts_connection(struct tracker *t, struct entry *entry)
{
    struct answer *answer = attempts_answer(t, entry);
    if (!answer || entry->connection_id)
        return answer ? answer->connection : NULL;
    queue_move(t, &entry->queued, QUEUE_OPEN);
    uint32_t id = attempts_take(t, &t->connections);
    if (id == POOL_NONE)
        return NULL;
    entry->connection_id = id + 1;
    struct connection_entry *made = pool_at(&t->connections, id);
    answer->connection = &made->connection;
    load_join(t, entry);
    return answer->connection;
}

/* A connection without a dialogue is still tracked; so none is evicted for one, unless it is over. */
struct dialogue_entry *attempts_dialogue(struct tracker *t, struct entry *entry)
{
    struct connection *connection = attempts_connection(t, entry);
    if (!connection)
        return NULL;
    if (entry->dialogue_id)
        return pool_at(&t->dialogues, entry->dialogue_id - 1);
    uint32_t id = pool_take(&t->dialogues);
    while (id == POOL_NONE && (t->queue[QUEUE_HELD].head || t->queue[QUEUE_DONE].head) && evict_one(t, true))
        id = pool_take(&t->dialogues);
    if (id == POOL_NONE)
        return NULL;
    entry->dialogue_id = id + 1;
    struct dialogue_entry *dialogue = pool_at(&t->dialogues, id);
    connection->dialogue = &dialogue->dialogue;
    return dialogue;
}

bool attempt_is_ssh(const struct attempt *attempt)
{
    return attempt->facts & (FACT_SSH_PORT | FACT_SSH_BYTES) && !(attempt->facts & FACT_SUBFLOW);
}

void attempts_report(struct tracker *t, const struct attempt *attempt, const struct evidence_key *evidence_key,
                     int64_t until_us)
{
    hosts_trim(&t->hosts);
    struct case_file file = {
        .attempt = attempt,
        .client = hosts_look(&t->hosts, &attempt->key.client),
        .server = hosts_look(&t->hosts, &attempt->key.server),
        .capture = &t->capture,
        .observed_until_us = until_us,
        .evidence_key = evidence_key,
    };
    if (attempt->answer && attempt->answer->icmp.number)
        file.icmp_sender = hosts_look(&t->hosts, &attempt->answer->icmp.sender);
    t->handler(t->context, &file);
}

void attempts_report_once(struct tracker *t, struct entry *entry, int64_t until_us)
{
    history_end(t, entry);
    if (entry->attempt.facts & FACT_DECIDED || !attempt_is_ssh(&entry->attempt))
        return;
    t->stats.attempts++;
    attempts_report(t, &entry->attempt, NULL, until_us);
    entry->attempt.facts |= FACT_DECIDED;
}

void attempts_report_again(struct tracker *t, struct entry *entry, int64_t until_us)
{
    if (entry->attempt.facts & FACT_DECIDED && attempt_is_ssh(&entry->attempt))
        attempts_report(t, &entry->attempt, NULL, until_us);
}

void attempts_drop(struct tracker *t, struct entry *entry)
{
    if (entry->dialogue_id) {
        dialogue_clear(pool_at(&t->dialogues, entry->dialogue_id - 1));
        pool_give(&t->dialogues, entry->dialogue_id - 1);
    }
    if (entry->connection_id) {
        load_leave(t, entry);
        pool_give(&t->connections, entry->connection_id - 1);
    }
    if (entry->answer_id)
        pool_give(&t->answers, entry->answer_id - 1);
    index_remove(&t->index, entry->queued.hash, entry->queued.id);
    queue_leave(t, &entry->queued);
    pool_give(&t->entries, entry->queued.id);
}

/* In a file the order of the first SYNs is the order of what is told. */
void attempts_syn_repeated(struct tracker *t, struct queued *w)
{
    if (t->live && w->queue == QUEUE_SYN)
        queue_move(t, w, QUEUE_AGAIN);
}

void attempts_close(struct tracker *t, struct queued *w, bool reported, int64_t now_us)
{
    if (t->live) {
        if (w->queue == QUEUE_CLOSING || w->queue == QUEUE_DONE)
            return;
        if (reported)
            queue_done(t, w, now_us);
        else {
            if (!is_compact(w))
                entry_of(w)->decided_us = now_us;
            queue_move(t, w, QUEUE_CLOSING);
        }
        return;
    }
    if (w->queue == QUEUE_HELD)
        return;
    queue_move(t, w, QUEUE_HELD);
    while (t->queue[QUEUE_HELD].count > t->held_limit) {
        queued_report_and_drop(t, queue_head(t, QUEUE_HELD), t->capture.last_us);
        queue_prefetch(t, QUEUE_HELD);
    }
}
