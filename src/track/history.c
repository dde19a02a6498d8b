#include "history.h"

#include "attempt_facts.h"
#include "mark.h"

static struct past *history_of(struct tracker *t, struct entry *entry)
{
    const struct flow_key *key = &entry->attempt.key;
    return history_table_find(&t->histories, &key->client, &key->server, key->server_port);
}

/* The latest connection of this pair may still be open, or never have been closed before our eyes: read it now. */
static void settle_latest(struct tracker *t, struct past *past)
{
    if (!past->latest || past->latest > t->entries.used)
        return;
    struct entry *latest = pool_at(&t->entries, past->latest - 1);
    const struct flow_key *key = &latest->attempt.key;
    if (latest->queued.hash && key->server_port == past->port && address_equal(&key->client, &past->client) &&
        address_equal(&key->server, &past->server))
        history_login(t, latest);
}

void history_start(struct tracker *t, struct entry *entry)
{
    struct past *past = history_of(t, entry);
    if (!past)
        return; /* pairs are made when a connection is accepted, so that a flood of SYNs costs none */
    settle_latest(t, past);
    entry->attempt.history = past->history;
}

static void note_platform(struct host *server, const struct entry *entry)
{
    const struct dialogue *d = entry->connection_id ? entry->attempt.answer->connection->dialogue : NULL;
    if (d && d->banner[SIDE_SERVER].text[0])
        server->platform = (uint8_t)platform_of_banner(d->banner[SIDE_SERVER].text);
}

/* Stacks count milliseconds (RFC 7323 section 5.4), Linux by itself from a base of its own for each connection. */
static void note_timestamp(struct history *history, const struct attempt *attempt)
{
    enum { MOST_APART_MS = 100 };
    if (!(attempt->syn.bits & MARK_TIMESTAMPS))
        return;
    const int64_t passed_ms = (attempt->syn.ts_us - history->accepted_us) / 1000;
    const int64_t counted_ms = (int32_t)(attempt->shape.timestamp - history->accepted_timestamp);
    const int64_t apart_ms = counted_ms > passed_ms ? counted_ms - passed_ms : passed_ms - counted_ms;
    history->one_clock = history->accepted_number && apart_ms < MOST_APART_MS + passed_ms / 100;
    history->accepted_number = attempt->syn.number;
    history->accepted_us = attempt->syn.ts_us;
    history->accepted_timestamp = attempt->shape.timestamp;
}

void history_count(struct tracker *t, struct entry *entry, enum counted what)
{
    if (entry->counted & what || !attempt_is_ssh(&entry->attempt))
        return;
    entry->counted |= (uint8_t)what;
    const struct flow_key *key = &entry->attempt.key;
    struct past *past = history_table_get(&t->histories, &key->client, &key->server, key->server_port);
    struct host *server = hosts_get(&t->hosts, &key->server, entry->attempt.last_us);
    if (!past || !server)
        return;
    if (what == COUNTED_BANNER) {
        add16(&past->history.bannered);
        host_count_bannered(server, key->server_port);
        note_platform(server, entry);
        return;
    }
    add16(&past->history.accepted);
    past->latest = entry->queued.id + 1;
    note_timestamp(&past->history, &entry->attempt);
    host_count_accepted(server, key->server_port);
    server->half_open++;
    entry->counted |= COUNTED_HALF_OPEN;
}

static void leave_half_open(struct tracker *t, struct entry *entry)
{
    if (!(entry->counted & COUNTED_HALF_OPEN))
        return;
    entry->counted &= (uint8_t)~COUNTED_HALF_OPEN;
    struct host *server = hosts_find(&t->hosts, &entry->attempt.key.server);
    if (server && server->half_open)
        server->half_open--;
}

bool entry_is_logged_in(const struct entry *entry)
{
    if (entry->counted & (COUNTED_SESSION | COUNTED_LOGIN) || !entry->connection_id)
        return entry->counted & COUNTED_SESSION;
    struct login_reading reading;
    login_read(entry->attempt.answer->connection, &reading);
    return reading.success;
}

void history_session(struct tracker *t, struct entry *entry)
{
    if (entry->counted & COUNTED_SESSION)
        return;
    entry->counted |= COUNTED_SESSION;
    struct past *past = history_of(t, entry);
    if (past) {
        add16(&past->history.sessions);
        past->history.last_session_us = entry->attempt.last_us;
    }
    struct host *server = hosts_find(&t->hosts, &entry->attempt.key.server);
    if (server)
        server->sessions++;
    leave_half_open(t, entry);
}

/* It reached the login, or what was lost may be just that. */
static bool login_has_holes(const struct connection *c)
{
    const struct dialogue *d = c->dialogue;
    return d && d->clock.banner_us[SIDE_SERVER] && (c->side[SIDE_CLIENT].hole_bytes || c->side[SIDE_SERVER].hole_bytes);
}

static void failed_login(struct tracker *t, struct entry *entry, const struct login_reading *reading)
{
    struct past *past = history_of(t, entry);
    if (!past)
        return;
    if (!reading->failures && !login_has_holes(entry->attempt.answer->connection))
        return;
    entry->counted |= COUNTED_LOGIN;
    if (!reading->failures) {
        add16(&past->history.unread_logins);
        return;
    }
    add16(&past->history.failed_logins);
    uint32_t tries = past->history.failed_tries + reading->failures;
    past->history.failed_tries = tries < UINT16_MAX ? (uint16_t)tries : UINT16_MAX;
    past->history.last_failed_us = entry->attempt.last_us;
}

void history_login(struct tracker *t, struct entry *entry)
{
    if (entry->counted & (COUNTED_SESSION | COUNTED_LOGIN) || !entry->connection_id)
        return;
    struct login_reading reading;
    login_read(entry->attempt.answer->connection, &reading);
    if (reading.success)
        history_session(t, entry);
    else
        failed_login(t, entry, &reading);
}

/* When the client left, if it was the first to; else 0. */
static int64_t client_left_us(const struct connection *c)
{
    const struct flow_side *client = &c->side[SIDE_CLIENT], *server = &c->side[SIDE_SERVER];
    const struct mark *left = mark_seen(&client->fin) ? &client->fin : &client->rst;
    if (!mark_seen(left) || (mark_seen(&server->fin) && server->fin.ts_us <= left->ts_us) ||
        (mark_seen(&server->rst) && server->rst.ts_us <= left->ts_us))
        return 0;
    return left->ts_us;
}

/* A client that only looks: it leaves before anybody could have greeted it, or with the version strings alone. */
void history_visit(struct tracker *t, struct entry *entry)
{
    const struct connection *c = entry->connection_id ? entry->attempt.answer->connection : NULL;
    const int64_t left_us = c && !(entry->counted & COUNTED_VISIT) ? client_left_us(c) : 0;
    if (!left_us)
        return;
    entry->counted |= COUNTED_VISIT;
    const struct flow_key *key = &entry->attempt.key;
    const struct dialogue *d = c->dialogue;
    if (!c->side[SIDE_SERVER].payload_bytes) {
        struct host *server = hosts_find(&t->hosts, &key->server);
        if (server && entry->counted & COUNTED_ACCEPTED && left_us - c->handshake_ack.ts_us < EARLY_LEAVE_US)
            host_count_left_early(server, key->server_port);
    } else if (d && d->clock.banner_us[SIDE_CLIENT] && d->banner[SIDE_SERVER].protocol_2 &&
               !d->clock.kexinit_us[SIDE_CLIENT]) {
        struct host *client = hosts_find(&t->hosts, &key->client);
        if (client)
            client->banner_visits++;
    }
}

/* What was accepted since tells as much of a clock as what was before. */
static void learn_clock(struct tracker *t, struct entry *entry)
{
    const struct past *past = history_of(t, entry);
    struct history *history = &entry->attempt.history;
    if (!past || !mark_seen(&entry->attempt.syn) || past->history.accepted_number == entry->attempt.syn.number)
        return;
    history->accepted_number = past->history.accepted_number;
    history->accepted_us = past->history.accepted_us;
    history->accepted_timestamp = past->history.accepted_timestamp;
    history->one_clock = past->history.one_clock;
}

void history_end(struct tracker *t, struct entry *entry)
{
    if (!entry->answer_id)
        learn_clock(t, entry);
    history_visit(t, entry);
    history_login(t, entry);
    leave_half_open(t, entry);
}
