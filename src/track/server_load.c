/* The connections of a server are chained, so that asking costs no walk over everybody's. */
#include "server_load.h"

#include "mark.h"

#define LINK_AT offsetof(struct connection_entry, load)

/* What happened this long ago is still part of the same load (MaxStartups lets unauthenticated connections live 120 s).
 */
enum { LOAD_RECENT_US = 10000000 };

/* Newest connections that are looked at: more than MaxStartups' usual 100; bounds the work. */
enum { LOOK_BACK = 512 };

static struct list *chain_of(struct tracker *t, const struct flow_key *key)
{
    return &t->load[(hash_address(&key->server, &t->hash_key) ^ key->server_port) % LOAD_BUCKETS];
}

void load_join(struct tracker *t, struct entry *entry)
{
    struct connection_entry *connection = pool_at(&t->connections, entry->connection_id - 1);
    connection->owner = entry;
    list_append(chain_of(t, &entry->attempt.key), &t->connections, LINK_AT, entry->connection_id - 1);
}

void load_leave(struct tracker *t, struct entry *entry)
{
    list_remove(chain_of(t, &entry->attempt.key), &t->connections, LINK_AT, entry->connection_id - 1);
}

static void count_one(struct server_load *load, const struct attempt *mine, const struct entry *other)
{
    const struct attempt *a = &other->attempt;
    const struct connection *c = a->answer->connection;
    bool same = address_equal(&a->key.client, &mine->key.client);
    bool recent = mine->last_us - a->last_us < LOAD_RECENT_US;
    bool bannered = c->dialogue && c->dialogue->clock.banner_us[SIDE_SERVER];
    bool over = c->closed_us || mark_seen(&c->side[SIDE_SERVER].fin);
    if (other->counted & COUNTED_HALF_OPEN && !over) {
        add16(&load->unauthenticated);
        if (same)
            add16(&load->unauthenticated_same);
    }
    if (over && recent && !bannered && mark_seen(&a->answer->synack))
        add16(&load->turned_away);
    if (bannered && recent && !same)
        add16(&load->bannered_others);
}

/* Counts from the open connections themselves: exact, and asked only once for each attempt. */
void load_count(struct tracker *t, struct entry *entry, uint64_t number)
{
    const struct attempt *mine = &entry->attempt;
    struct server_load *load = &entry->attempt.answer->load;
    if (load->number)
        return;
    *load = (struct server_load){.number = number};
    uint32_t id = chain_of(t, &mine->key)->tail;
    for (int looked = 0; id && looked < LOOK_BACK; looked++) {
        const struct connection_entry *connection = pool_at(&t->connections, id - 1);
        const struct entry *other = connection->owner;
        id = connection->load.before;
        if (other != entry && other->queued.queue != QUEUE_DONE &&
            other->attempt.key.server_port == mine->key.server_port &&
            address_equal(&other->attempt.key.server, &mine->key.server))
            count_one(load, mine, other);
    }
}
