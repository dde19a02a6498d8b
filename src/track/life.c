#include "life.h"

#include "attempt_facts.h"
#include "due.h"
#include "fast/compact_syn.h"
#include "fast/queue_prefetch.h"
#include "fast/syn_only.h"
#include "handover.h"
#include "history.h"
#include "lookups.h"
#include "mark.h"
#include "queues.h"
#include "room.h"
#include "server_load.h"
#include "table.h"

/* Live: how often connections that go on are looked through, for such as have shown all that can be waited for. */
enum { SCAN_EVERY_US = 250000 };

/* ---- Beginning ---- */

struct entry *life_new(struct tracker *t, const struct flow_key *key, int64_t now_us)
{
    room_make(t);
    uint32_t id = room_take(t, &t->entries);
    if (id == POOL_NONE)
        return NULL;
    struct entry *entry = pool_at(&t->entries, id);
    entry->queued.id = id;
    entry->queued.hash = table_hash(t, key);
    entry->attempt.key = *key;
    entry->attempt.last_us = now_us;
    if (port_set_has(&t->ports, key->server_port))
        entry->attempt.facts |= FACT_SSH_PORT;
    if (!index_insert(&t->index, entry->queued.hash, id)) {
        pool_give(&t->entries, id);
        return NULL;
    }
    queue_join(t, &entry->queued, QUEUE_SYN);
    return entry;
}

/* Where an attempt waits that was answered: who says nothing has to go first where room is needed, for half-open
 * connections cost a flood nothing. */
static enum queue_name queue_of_answered(const struct entry *entry)
{
    const struct connection *c = entry->attempt.answer ? entry->attempt.answer->connection : NULL;
    return c && (c->side[SIDE_CLIENT].payload_bytes || c->side[SIDE_SERVER].payload_bytes) ? QUEUE_OPEN
                                                                                           : QUEUE_ANSWERED;
}

/* A part of an attempt. The entry leaves its queue while others are evicted for it, so that it is not one of them. */
static uint32_t take_part(struct tracker *t, struct entry *entry, struct pool *pool)
{
    queue_leave(t, &entry->queued);
    const uint32_t id = room_take(t, pool);
    queue_join(t, &entry->queued, queue_of_answered(entry));
    if (id == POOL_NONE)
        entry->attempt.facts |= FACT_NOT_KEPT;
    return id;
}

struct answer *life_answer(struct tracker *t, struct entry *entry)
{
    if (entry->answer_id)
        return entry->attempt.answer;
    const uint32_t id = take_part(t, entry, &t->answers);
    if (id == POOL_NONE)
        return NULL;
    entry->answer_id = id + 1;
    entry->attempt.answer = pool_at(&t->answers, id);
    return entry->attempt.answer;
}

struct connection *life_connection(struct tracker *t, struct entry *entry)
{
    struct answer *answer = life_answer(t, entry);
    if (!answer || entry->connection_id)
        return answer ? answer->connection : NULL;
    const uint32_t id = take_part(t, entry, &t->connections);
    if (id == POOL_NONE)
        return NULL;
    entry->connection_id = id + 1;
    struct connection_entry *made = pool_at(&t->connections, id);
    answer->connection = &made->connection;
    load_join(t, entry);
    return answer->connection;
}

/* A connection without a dialogue is still tracked; so none is evicted for one, unless it is over. */
struct dialogue_entry *life_dialogue(struct tracker *t, struct entry *entry)
{
    struct connection *connection = life_connection(t, entry);
    if (!connection)
        return NULL;
    if (entry->dialogue_id)
        return pool_at(&t->dialogues, entry->dialogue_id - 1);
    uint32_t id = room_take_gently(t, &t->dialogues);
    if (id == POOL_NONE) {
        entry->attempt.facts |= FACT_NOT_KEPT;
        return NULL;
    }
    entry->dialogue_id = id + 1;
    struct dialogue_entry *dialogue = pool_at(&t->dialogues, id);
    dialogue->budget = &t->streams;
    connection->dialogue = &dialogue->dialogue;
    return dialogue;
}

/* The record leaves its queue while others are evicted for it, so that it is not one of them. */
static uint32_t take_answer_for(struct tracker *t, struct compact_syn *c)
{
    uint32_t id = pool_take(&t->answers);
    if (id != POOL_NONE)
        return id;
    enum queue_name queue = (enum queue_name)c->queued.queue;
    queue_leave(t, &c->queued);
    id = room_take(t, &t->answers);
    queue_join(t, &c->queued, queue);
    return id;
}

/* What its SYN may be known again by, in a further leg, must outlive the record. */
static void keep_trait(struct tracker *t, const struct compact_syn *c)
{
    const struct syn_trait *noted = legs_recent(&t->legs, compact_seq(c));
    struct syn_trait trait;
    if (noted && noted->compact == (c->queued.id & ~COMPACT_ID) + 1 &&
        compact_trait(t, noted->compact - 1, noted, &trait))
        legs_note_syn(&t->legs, &trait);
}

/* Makes an entry of a compact SYN record, in its place; NULL when memory is out. `c` is gone then. */
static struct entry *promote(struct tracker *t, struct compact_syn *c)
{
    uint32_t answer_id = c->refusal_id ? take_answer_for(t, c) : POOL_NONE;
    uint32_t id = c->refusal_id && answer_id == POOL_NONE ? POOL_NONE : pool_take(&t->entries);
    if (id == POOL_NONE) {
        if (answer_id != POOL_NONE)
            pool_give(&t->answers, answer_id);
        return NULL;
    }
    struct entry *entry = pool_at(&t->entries, id);
    entry->queued.id = id;
    if (c->refusal_id)
        entry->answer_id = answer_id + 1;
    compact_to_attempt(t, c, &entry->attempt, c->refusal_id ? pool_at(&t->answers, answer_id) : NULL);
    keep_trait(t, c);
    queue_replace(t, &c->queued, &entry->queued);
    compact_free(t, c);
    return entry;
}

/* ---- Finding ---- */

static struct entry *as_entry(struct tracker *t, struct queued *q)
{
    if (!q)
        return NULL;
    return is_compact(q) ? promote(t, compact_of(q)) : entry_of(q);
}

/* The attempt of a server seen only as a SYN's target is found by its four-tuple only once that server is a host. */
static struct queued *find(struct tracker *t, const struct flow_key *key, uint32_t client_hash, uint32_t server_hash,
                           enum side *side)
{
    syn_only_promote_at(t, &key->client, client_hash);
    syn_only_promote_at(t, &key->server, server_hash);
    uint32_t hash = hash_flow(client_hash, key->client_port, server_hash, key->server_port, &t->hash_key);
    return table_find(t, hash, &key->client, key->client_port, &key->server, key->server_port, side);
}

struct entry *life_find(struct tracker *t, const struct packet *packet, enum side *side)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    return as_entry(t, find(t, &key, t->src_hash, t->dst_hash, side));
}

struct entry *life_find_key(struct tracker *t, const struct flow_key *key)
{
    enum side side;
    struct queued *q =
        find(t, key, hash_address(&key->client, &t->hash_key), hash_address(&key->server, &t->hash_key), &side);
    return q && side == SIDE_CLIENT ? as_entry(t, q) : NULL;
}

/* ---- What happens to it ---- */

/* In a file the order of the first SYNs is the order of what is handed over. */
static void syn_again(struct tracker *t, struct queued *q)
{
    if (t->live && q->queue == QUEUE_SYN)
        queue_move(t, q, QUEUE_AGAIN);
}

static void close_live(struct tracker *t, struct queued *q, bool reported, int64_t now_us)
{
    if (q->queue == QUEUE_CLOSING || q->queue == QUEUE_DONE)
        return;
    if (reported) {
        queue_done(t, q, now_us);
        return;
    }
    if (!is_compact(q))
        entry_of(q)->decided_us = now_us;
    queue_move(t, q, QUEUE_CLOSING);
}

/* What decides it was seen: over at once in a file, soon when live. `reported`: nothing is left to say of it. */
static void close(struct tracker *t, struct queued *q, bool reported, int64_t now_us)
{
    if (t->live) {
        close_live(t, q, reported, now_us);
        return;
    }
    if (q->queue == QUEUE_HELD)
        return;
    queue_move(t, q, QUEUE_HELD);
    while (t->queue[QUEUE_HELD].count > t->limits.held) {
        room_report_and_drop(t, queue_head(t, QUEUE_HELD), t->capture.last_us);
        queue_prefetch(t, QUEUE_HELD);
    }
}

/* A session that was handed over as logged in, and is now reset rather than ended. */
static bool session_is_reset(const struct entry *entry)
{
    const struct connection *c = entry->attempt.answer ? entry->attempt.answer->connection : NULL;
    return c && entry->counted & COUNTED_SESSION && (mark_seen(&c->side[0].rst) || mark_seen(&c->side[1].rst)) &&
           !mark_seen(&c->side[SIDE_CLIENT].fin);
}

/* Live, an attempt is decided as soon as its client has left, or its login went through. */
static bool are_decisive(const struct tracker *t, const struct entry *entry, unsigned events)
{
    if (events & (EVENT_REFUSED | EVENT_REJECTED | EVENT_CLOSED))
        return true;
    return t->live && (events & EVENT_CLIENT_FIN || (events & EVENT_SESSION && !(entry->attempt.facts & FACT_DECIDED)));
}

/* Its look is whole once it ends, or has shown its host key. */
static void count_look(struct tracker *t, struct entry *entry, unsigned events)
{
    const struct connection *c = entry->connection_id ? entry->attempt.answer->connection : NULL;
    if (!c || entry->counted & COUNTED_LOOK)
        return;
    if (!(events & (EVENT_CLOSED | EVENT_CLIENT_FIN | EVENT_SESSION | EVENT_NOT_SSH)) &&
        !(c->dialogue && c->dialogue->host_key))
        return;
    entry->counted |= COUNTED_LOOK;
    identities_note_accepted(&t->identities, &entry->attempt);
}

static void count(struct tracker *t, struct entry *entry, unsigned events, uint64_t number)
{
    if (events & EVENT_BEGUN)
        history_start(t, entry);
    if (events & EVENT_ACCEPTED)
        history_count(t, entry, COUNTED_ACCEPTED);
    if (events & EVENT_BANNER)
        history_count(t, entry, COUNTED_BANNER);
    if (events & EVENT_SESSION)
        history_session(t, entry);
    count_look(t, entry, events);
    if (events & (EVENT_TURNED_AWAY | EVENT_REJECTED) && attempt_is_ssh(&entry->attempt))
        load_count(t, entry, number);
}

/* Live its refusal was told already; what comes now is told too. */
static void come_up(struct tracker *t, struct entry *entry)
{
    entry->attempt.facts &= ~(uint32_t)FACT_DECIDED;
    queue_move(t, &entry->queued, QUEUE_OPEN);
}

void life_on_events(struct tracker *t, struct entry *entry, unsigned events, uint64_t number, int64_t now_us)
{
    count(t, entry, events, number);
    if (events & EVENT_CAME_UP)
        come_up(t, entry);
    if (events & EVENT_SYN_AGAIN)
        syn_again(t, &entry->queued);
    if (are_decisive(t, entry, events)) {
        history_visit(t, entry);
        close(t, &entry->queued, entry->attempt.facts & FACT_DECIDED && !session_is_reset(entry), now_us);
    } else if (events & (EVENT_WENT_ON | EVENT_CLIENT_FIN) &&
               (entry->queued.queue == QUEUE_OPEN || entry->queued.queue == QUEUE_ANSWERED))
        queue_move(t, &entry->queued, queue_of_answered(entry));
    if (events & EVENT_NOT_SSH)
        room_drop(t, &entry->queued);
}

void life_on_compact_event(struct tracker *t, struct compact_syn *c, enum attempt_event event, int64_t now_us)
{
    if (event == EVENT_SYN_AGAIN)
        syn_again(t, &c->queued);
    else if (event == EVENT_REFUSED)
        close(t, &c->queued, false, now_us);
}

/* ---- Its end ---- */

static void settle(struct tracker *t, struct queued *q, int64_t now_us)
{
    bool over = is_compact(q) || attempt_is_over(&entry_of(q)->attempt);
    handover_again(t, q, now_us);
    if (is_compact(q) && compact_of(q)->forget)
        room_drop(t, q);
    else if (over)
        queue_done(t, q, now_us);
    else
        queue_move(t, q, queue_of_answered(entry_of(q)));
}

static void advance_answered(struct tracker *t, enum queue_name name, int64_t now_us)
{
    for (uint32_t id = t->queue[name].head; id;) {
        struct queued *q = queued_at(t, id - 1);
        id = q->link.after;
        if (!is_compact(q) && due_while_open(entry_of(q), now_us)) {
            handover_again(t, q, now_us);
            queue_done(t, q, now_us);
        }
    }
}

static int64_t first_syn_us(const struct queued *q)
{
    return is_compact(q) ? compact_of(q)->syn.ts_us : entry_of(q)->attempt.syn.ts_us;
}

/* What decides a compact SYN record is its refusal. */
static int64_t decided_us(const struct tracker *t, const struct queued *q)
{
    return is_compact(q) ? compact_last_us(t, compact_of(q)) : entry_of(q)->decided_us;
}

static void advance_closing(struct tracker *t, int64_t now_us)
{
    struct queued *q;
    while ((q = queue_head(t, QUEUE_CLOSING)) && due_after_decision(decided_us(t, q), now_us)) {
        if (!is_compact(q) && decision_is_void(&entry_of(q)->attempt))
            queue_move(t, q, queue_of_answered(entry_of(q)));
        else
            settle(t, q, now_us);
    }
}

static void advance_unanswered(struct tracker *t, enum queue_name name, int64_t now_us)
{
    struct queued *q;
    while ((q = queue_head(t, name)) && due_without_answer(first_syn_us(q), now_us)) {
        settle(t, q, now_us);
        queue_prefetch(t, name);
    }
}

void life_advance(struct tracker *t, int64_t now_us)
{
    struct queued *q;
    advance_closing(t, now_us);
    advance_unanswered(t, QUEUE_SYN, now_us);
    advance_unanswered(t, QUEUE_AGAIN, now_us);
    while ((q = queue_head(t, QUEUE_DONE)) && queued_is_past(q, now_us)) {
        hosts_trim(&t->hosts); /* a server seen only as a SYN's target leaves a host behind */
        room_drop(t, q);
    }
    /* In the future: the clock was set back since. */
    if (now_us >= t->scanned_us && now_us - t->scanned_us < SCAN_EVERY_US)
        return;
    t->scanned_us = now_us;
    advance_answered(t, QUEUE_ANSWERED, now_us);
    advance_answered(t, QUEUE_OPEN, now_us);
    names_finish(t, now_us, false);
    searches_finish(t, now_us, false);
}

static struct queued *longest_untouched(const struct tracker *t)
{
    struct queued *first = NULL;
    for (int name = 0; name < QUEUE_COUNT; name++) {
        struct queued *head = queue_head(t, (enum queue_name)name);
        if (head && (!first || queued_last_us(t, head) < queued_last_us(t, first)))
            first = head;
    }
    return first;
}

void life_finish(struct tracker *t)
{
    struct queued *q;
    while ((q = longest_untouched(t)) != NULL) {
        hosts_trim(&t->hosts);
        if (is_compact(q) && t->syn_only_servers <= t->limits.hosts)
            syn_only_promote(t, compact_of(q)); /* its host will be asked for */
        room_report_and_drop(t, q, t->capture.last_us);
    }
    names_finish(t, t->capture.last_us, true);
    searches_finish(t, t->capture.last_us, true);
}

void life_end(struct tracker *t)
{
    for (int name = 0; name < QUEUE_COUNT; name++)
        while (t->queue[name].head)
            room_drop(t, queue_head(t, (enum queue_name)name));
}
