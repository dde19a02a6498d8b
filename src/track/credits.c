/* What an attempt adds to the history of its client at its server, each thing once. */
#include "mark.h"
#include "tracker.h"

static struct pair *pair_of(struct tracker *t, struct entry *entry)
{
    return pairs_find(&t->pairs, &entry->attempt.key.client, &entry->attempt.key.server);
}

/* The latest connection of this pair may still be open, or never have been closed before our eyes: read it now. */
static void settle_latest(struct tracker *t, struct pair *pair)
{
    if (!pair->latest || pair->latest > t->entries.used)
        return;
    struct entry *latest = pool_at(&t->entries, pair->latest - 1);
    const struct flow_key *key = &latest->attempt.key;
    if (latest->waiting.hash && address_equal(&key->client, &pair->client) &&
        address_equal(&key->server, &pair->server))
        credit_login(t, latest);
}

void credit_start(struct tracker *t, struct entry *entry)
{
    struct pair *pair = pair_of(t, entry);
    if (!pair)
        return; /* pairs are made when a connection is accepted, so that a flood of SYNs costs none */
    settle_latest(t, pair);
    entry->attempt.history = pair->history;
}

void credit(struct tracker *t, struct entry *entry, enum credit what)
{
    if (entry->credits & what)
        return;
    entry->credits |= (uint8_t)what;
    const struct flow_key *key = &entry->attempt.key;
    struct pair *pair = pairs_get(&t->pairs, &key->client, &key->server);
    struct host *server = hosts_get(&t->hosts, &key->server, entry->attempt.last_us);
    if (!pair || !server)
        return;
    if (what == CREDIT_BANNER) {
        add16(&pair->history.bannered);
        server->bannered++;
        return;
    }
    add16(&pair->history.accepted);
    pair->latest = entry->waiting.id + 1;
    server->accepted++;
    server->half_open++;
    entry->credits |= CREDIT_HALF_OPEN;
}

static void leave_crowd(struct tracker *t, struct entry *entry)
{
    if (!(entry->credits & CREDIT_HALF_OPEN))
        return;
    entry->credits &= (uint8_t)~CREDIT_HALF_OPEN;
    struct host *server = hosts_find(&t->hosts, &entry->attempt.key.server);
    if (server && server->half_open)
        server->half_open--;
}

bool credit_session(struct tracker *t, struct entry *entry)
{
    if (entry->credits & (CREDIT_SESSION | CREDIT_LOGIN))
        return entry->credits & CREDIT_SESSION;
    if (!entry->connection_id)
        return false;
    struct login_reading reading;
    login_read(entry->attempt.answer->connection, &reading);
    if (!reading.success)
        return false;
    entry->credits |= CREDIT_SESSION;
    struct pair *pair = pair_of(t, entry);
    if (pair) {
        add16(&pair->history.sessions);
        pair->history.last_session_us = entry->attempt.last_us;
    }
    struct host *server = hosts_find(&t->hosts, &entry->attempt.key.server);
    if (server)
        server->sessions++;
    leave_crowd(t, entry);
    return true;
}

void credit_login(struct tracker *t, struct entry *entry)
{
    if (credit_session(t, entry) || entry->credits & CREDIT_LOGIN || !entry->connection_id)
        return;
    struct login_reading reading;
    login_read(entry->attempt.answer->connection, &reading);
    struct pair *pair = pair_of(t, entry);
    if (!pair || !reading.failures)
        return;
    entry->credits |= CREDIT_LOGIN;
    add16(&pair->history.failed_logins);
    uint32_t tries = pair->history.failed_tries + reading.failures;
    pair->history.failed_tries = tries < UINT16_MAX ? (uint16_t)tries : UINT16_MAX;
    pair->history.last_failed_us = entry->attempt.last_us;
}

void credit_end(struct tracker *t, struct entry *entry)
{
    credit_login(t, entry);
    leave_crowd(t, entry);
}
