/* The table of attempts: found by four-tuple in either direction, bounded, oldest out first. */
#include "mark.h"
#include "tracker.h"

#define LINK_AT offsetof(struct entry, link)

/* How long a SYN without an answer stays in a file's table: longer than any stack goes on retransmitting it. */
enum { SYN_FORGET_US = 300000000 };

/* Live, packets that follow the deciding one within this time belong to the evidence (a second RST, a late SYN-ACK). */
enum { CLOSING_WAIT_US = 40000 };

static uint32_t key_hash(const struct tracker *t, const struct flow_key *key)
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

struct entry *attempts_find(struct tracker *t, const struct packet *packet, enum side *side, uint32_t *hash)
{
    const struct tcp_view *tcp = &packet->tcp;
    *hash = flow_hash(t->src_hash, tcp->src_port, t->dst_hash, tcp->dst_port);
    uint32_t cursor = *hash & t->index.mask, id;
    while ((id = index_next(&t->index, *hash, &cursor)) != POOL_NONE) {
        struct entry *entry = pool_at(&t->entries, id);
        const struct flow_key *key = &entry->attempt.key;
        if (key_is(key, &packet->src, tcp->src_port, &packet->dst, tcp->dst_port)) {
            *side = SIDE_CLIENT;
            return entry;
        }
        if (key_is(key, &packet->dst, tcp->dst_port, &packet->src, tcp->src_port)) {
            *side = SIDE_SERVER;
            return entry;
        }
    }
    return NULL;
}

struct entry *attempts_find_key(struct tracker *t, const struct flow_key *key)
{
    uint32_t hash = key_hash(t, key);
    uint32_t cursor = hash & t->index.mask, id;
    while ((id = index_next(&t->index, hash, &cursor)) != POOL_NONE) {
        struct entry *entry = pool_at(&t->entries, id);
        const struct flow_key *k = &entry->attempt.key;
        if (key_is(k, &key->client, key->client_port, &key->server, key->server_port))
            return entry;
    }
    return NULL;
}

/* Makes room for one more of anything: what is over goes first, then what is decided, then the oldest unanswered SYN,
 * then the most idle connection. The entry that asks is the newest of QUEUE_OPEN, so it is never its own victim. */
static bool evict_one(struct tracker *t, bool answered_only)
{
    static const enum queue_name order[] = {QUEUE_HELD, QUEUE_DONE, QUEUE_CLOSING, QUEUE_SYN, QUEUE_OPEN};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (answered_only && order[i] == QUEUE_SYN)
            continue;
        struct entry *entry = head_of(t, order[i]);
        if (!entry)
            continue;
        if (order[i] != QUEUE_DONE && order[i] != QUEUE_HELD) {
            entry->attempt.facts |= FACT_EVICTED;
            t->stats.evicted++;
        }
        attempts_hand_over(t, entry, t->capture.last_us);
        attempts_drop(t, entry);
        return true;
    }
    return false;
}

static uint32_t take_or_evict(struct tracker *t, struct pool *pool)
{
    uint32_t id = pool_take(pool);
    while (id == POOL_NONE && evict_one(t, pool != &t->entries))
        id = pool_take(pool);
    return id;
}

static void forget_old_syns(struct tracker *t)
{
    for (struct entry *entry;
         (entry = head_of(t, QUEUE_SYN)) && t->capture.last_us - entry->attempt.last_us > SYN_FORGET_US;) {
        attempts_hand_over(t, entry, t->capture.last_us);
        attempts_drop(t, entry);
    }
}

struct entry *attempts_new(struct tracker *t, const struct flow_key *key, const struct packet *packet)
{
    forget_old_syns(t);
    uint32_t id = take_or_evict(t, &t->entries);
    if (id == POOL_NONE)
        return NULL;
    struct entry *entry = pool_at(&t->entries, id);
    entry->id = id;
    entry->hash = key_hash(t, key);
    entry->attempt.key = *key;
    entry->attempt.last_us = packet->ts_us;
    if (port_set_has(&t->ports, key->server_port))
        entry->attempt.facts |= FACT_SSH_PORT;
    if (!index_insert(&t->index, entry->hash, id)) {
        pool_give(&t->entries, id);
        return NULL;
    }
    entry->queue = QUEUE_SYN;
    queue_append(&t->queue[QUEUE_SYN], &t->entries, LINK_AT, id);
    return entry;
}

struct answer *attempts_answer(struct tracker *t, struct entry *entry)
{
    if (entry->answer_id)
        return entry->attempt.answer;
    /* Out of the way of the eviction that this may cause. */
    attempts_move(t, entry, QUEUE_OPEN);
    uint32_t id = take_or_evict(t, &t->answers);
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
    attempts_move(t, entry, QUEUE_OPEN);
    uint32_t id = take_or_evict(t, &t->connections);
    if (id == POOL_NONE)
        return NULL;
    entry->connection_id = id + 1;
    struct connection_entry *made = pool_at(&t->connections, id);
    answer->connection = &made->connection;
    crowd_join(t, entry);
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

void attempts_move(struct tracker *t, struct entry *entry, enum queue_name to)
{
    if (entry->queue == (uint8_t)to && !entry->link.after)
        return; /* already the newest there */
    queue_remove(&t->queue[entry->queue], &t->entries, LINK_AT, entry->id);
    entry->queue = (uint8_t)to;
    queue_append(&t->queue[to], &t->entries, LINK_AT, entry->id);
}

bool attempt_is_ssh(const struct attempt *attempt)
{
    return attempt->facts & (FACT_SSH_PORT | FACT_SSH_BYTES);
}

static void tell(struct tracker *t, struct entry *entry, int64_t until_us)
{
    struct attempt *attempt = &entry->attempt;
    struct case_file file = {
        .attempt = attempt,
        .client = hosts_find(&t->hosts, &attempt->key.client),
        .server = hosts_find(&t->hosts, &attempt->key.server),
        .capture = &t->capture,
        .observed_until_us = until_us,
    };
    if (attempt->answer && attempt->answer->icmp.number)
        file.icmp_sender = hosts_find(&t->hosts, &attempt->answer->icmp.sender);
    t->handler(t->context, &file);
}

void attempts_hand_over(struct tracker *t, struct entry *entry, int64_t until_us)
{
    credit_end(t, entry);
    if (entry->attempt.facts & FACT_DECIDED || !attempt_is_ssh(&entry->attempt))
        return;
    t->stats.attempts++;
    tell(t, entry, until_us);
    entry->attempt.facts |= FACT_DECIDED;
}

void attempts_tell_again(struct tracker *t, struct entry *entry, int64_t until_us)
{
    if (entry->attempt.facts & FACT_DECIDED && attempt_is_ssh(&entry->attempt))
        tell(t, entry, until_us);
}

/* A session that was handed over as logged in, and is now reset rather than ended. */
static bool session_reset(const struct entry *entry)
{
    const struct connection *c = entry->attempt.answer ? entry->attempt.answer->connection : NULL;
    return c && entry->credits & CREDIT_SESSION && (mark_seen(&c->side[0].rst) || mark_seen(&c->side[1].rst)) &&
           !mark_seen(&c->side[SIDE_CLIENT].fin);
}

void attempts_drop(struct tracker *t, struct entry *entry)
{
    uint32_t id = entry->id;
    if (entry->dialogue_id) {
        dialogue_clear(pool_at(&t->dialogues, entry->dialogue_id - 1));
        pool_give(&t->dialogues, entry->dialogue_id - 1);
    }
    if (entry->connection_id) {
        crowd_leave(t, entry);
        pool_give(&t->connections, entry->connection_id - 1);
    }
    if (entry->answer_id)
        pool_give(&t->answers, entry->answer_id - 1);
    index_remove(&t->index, entry->hash, id);
    queue_remove(&t->queue[entry->queue], &t->entries, LINK_AT, id);
    pool_give(&t->entries, id);
}

void attempts_close(struct tracker *t, struct entry *entry, int64_t now_us)
{
    if (t->live) {
        if (entry->queue == QUEUE_CLOSING || entry->queue == QUEUE_DONE)
            return;
        bool told = entry->attempt.facts & FACT_DECIDED && !session_reset(entry);
        entry->due_us = now_us + (told ? DONE_LINGER_US : CLOSING_WAIT_US);
        attempts_move(t, entry, told ? QUEUE_DONE : QUEUE_CLOSING);
        return;
    }
    if (entry->queue == QUEUE_HELD)
        return;
    attempts_move(t, entry, QUEUE_HELD);
    while (t->queue[QUEUE_HELD].count > t->held_limit) {
        struct entry *oldest = head_of(t, QUEUE_HELD);
        attempts_hand_over(t, oldest, t->capture.last_us);
        attempts_drop(t, oldest);
    }
}
