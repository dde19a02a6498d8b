#include "local_asks.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Questions that are asked at once, and how many a second after that: a quick one costs some tenths of a millisecond, a
 * slow one some ten milliseconds. Judgement. */
enum { QUICK_AT_ONCE = 50, SLOW_AT_ONCE = 8 };
static const double quick_a_second = 20, slow_a_second = 0.5;

/* Slow ones that may wait for their answer, and how long an answer may take. */
enum { SLOW_UNHEARD = 3, BUDGET_MS = 1000 };

/* By then the packet has met all rules, and its time stamp is clearly before the reading. */
enum { SETTLES_US = 10000 };

/* While there is still a way to ask for them. */
static void list_interfaces(struct local_asks *asks)
{
    struct if_nameindex *all = if_nameindex();
    for (const struct if_nameindex *at = all; at != NULL && at->if_index != 0 && asks->interfaces < INTERFACES; at++) {
        asks->interface[asks->interfaces].index = at->if_index;
        snprintf(asks->interface[asks->interfaces++].name, sizeof asks->interface[0].name, "%s", at->if_name);
    }
    if (all != NULL)
        if_freenameindex(all);
}

void local_asks_one_interface(struct local_asks *asks, const char *name)
{
    asks->one_interface = true;
    asks->interfaces = 1;
    snprintf(asks->interface[0].name, sizeof asks->interface[0].name, "%s", name);
}

bool local_asks_begin(struct local_asks *asks, const char *user, char error[HELPER_ERROR_SIZE])
{
    asks->quick = asks->slow = (struct helper){-1, -1};
    asks->general.rules.deciding = -1;
    list_interfaces(asks);
    return local_quick_start(&asks->quick, user, error) && local_start(&asks->slow, user, error);
}

void local_asks_end(struct local_asks *asks)
{
    helper_end(&asks->slow);
    helper_end(&asks->quick);
}

/* Questions come back into the budget as time goes on. */
static bool may_ask(struct ask_budget *budget, int64_t now_us, unsigned at_once, double a_second)
{
    const double seconds = (double)(now_us - budget->then_us) / 1e6;
    if (budget->then_us == 0 || seconds < 0)
        budget->left = at_once;
    else
        budget->left += seconds * a_second;
    if (budget->left > at_once)
        budget->left = at_once;
    budget->then_us = now_us;
    if (budget->left < 1)
        return false;
    budget->left -= 1;
    return true;
}

static struct early_answer *early_of(struct local_asks *asks, uint32_t number)
{
    for (unsigned i = 0; i < EARLY_ANSWERS; i++)
        if (asks->early[i].number == number && number != 0)
            return &asks->early[i];
    return NULL;
}

static struct local_question question_of(const struct local_asks *asks, const struct flow_key *key, uint32_t interface)
{
    struct local_question question = {.client = key->client, .server = key->server, .port = key->server_port};
    for (unsigned i = 0; i < asks->interfaces; i++)
        if (asks->one_interface || asks->interface[i].index == interface)
            memcpy(question.interface, asks->interface[i].name, sizeof question.interface);
    return question;
}

uint32_t local_asks_quick(struct local_asks *asks, const struct flow_key *key, enum local_role role, uint32_t interface,
                          int64_t now_us)
{
    if (!may_ask(&asks->quick_budget, now_us, QUICK_AT_ONCE, quick_a_second))
        return 0;
    const uint32_t number = asks->last_number = asks->last_number % (UINT32_MAX / 2) + 1;
    const struct local_quick_request request = {
        .number = number, .role = role, .question = question_of(asks, key, interface), .client_port = key->client_port};
    if (!local_quick_ask(&asks->quick, &request))
        return 0;
    struct early_answer *early = &asks->early[asks->next_early++ % EARLY_ANSWERS];
    early->key = *key;
    early->number = number;
    early->heard = false;
    early->asked_us = now_us;
    return number;
}

bool local_asks_slow(struct local_asks *asks, const struct flow_key *key, uint32_t interface, uint32_t parts,
                     uint32_t number)
{
    if (asks->slow_unheard >= SLOW_UNHEARD || !may_ask(&asks->slow_budget, monotonic_us(), SLOW_AT_ONCE, slow_a_second))
        return false;
    const struct local_request request = {
        .number = number, .parts = parts, .budget_ms = BUDGET_MS, .question = question_of(asks, key, interface)};
    const bool asked = local_ask(&asks->slow, &request);
    asks->slow_unheard += asked;
    return asked;
}

void local_asks_soon(struct local_asks *asks, const struct flow_key *key, enum local_role role, uint32_t interface,
                     int64_t ts_us)
{
    if (asks->dues == ASKS_DUE)
        return;
    asks->due[asks->dues++] = (struct ask_due){*key, role, interface, ts_us + SETTLES_US};
}

static void ask_what_is_due(struct local_asks *asks, int64_t now_us)
{
    unsigned left = 0;
    for (unsigned i = 0; i < asks->dues; i++) {
        if (asks->due[i].due_us > now_us && asks->due[i].due_us - now_us <= SETTLES_US)
            asks->due[left++] = asks->due[i];
        else
            (void)local_asks_quick(asks, &asks->due[i].key, asks->due[i].role, asks->due[i].interface, now_us);
    }
    asks->dues = left;
}

/* What was not asked for stays as it was answered before. */
static void keep_general(struct local_asks *asks)
{
    const struct local_facts *heard = &asks->heard;
    struct local_facts *general = &asks->general;
    if (heard->service.state != LOCAL_NOT_ASKED)
        general->service = heard->service;
    if (heard->settings.state != LOCAL_NOT_ASKED)
        general->settings = heard->settings;
    if (heard->sockets.state != LOCAL_NOT_ASKED)
        general->sockets = heard->sockets;
    memcpy(general->host_name, heard->host_name, sizeof general->host_name);
}

static bool hear_quick(struct local_asks *asks)
{
    static struct local_sighting seen;
    struct local_quick_request asked;
    const int heard = local_quick_hear(&asks->quick, 0, &asked, &seen);
    asks->is_lost |= heard < 0;
    if (heard != 1)
        return false;
    if (asked.number == (uint32_t)LOCAL_QUICK_UNASKED) {
        asks->unsent = (struct early_answer){
            .key = {asked.question.client, asked.question.server, asked.client_port, asked.question.port},
            .seen = seen};
        asks->has_unsent = true;
        return true;
    }
    struct early_answer *early = early_of(asks, asked.number);
    if (early != NULL) {
        early->seen = seen;
        early->heard = true;
    }
    return true;
}

bool local_asks_hear(struct local_asks *asks, int64_t now_us, uint32_t *slow_number)
{
    struct local_request asked;
    *slow_number = 0;
    ask_what_is_due(asks, now_us);
    if (hear_quick(asks))
        return true;
    const int heard = local_hear(&asks->slow, 0, &asked, &asks->heard);
    asks->is_lost |= heard < 0;
    if (heard != 1)
        return false;
    asks->slow_unheard -= asks->slow_unheard > 0;
    keep_general(asks);
    *slow_number = asked.number;
    return true;
}

static bool same_key(const struct flow_key *a, const struct flow_key *b)
{
    return a->client_port == b->client_port && a->server_port == b->server_port &&
           address_equal(&a->client, &b->client) && address_equal(&a->server, &b->server);
}

static bool is_about(const struct early_answer *e, const struct flow_key *key, int64_t since_us)
{
    return e->number != 0 && e->asked_us > since_us && same_key(&e->key, key);
}

bool local_asks_asked(const struct local_asks *asks, const struct flow_key *key, int64_t since_us)
{
    for (unsigned i = 0; i < EARLY_ANSWERS; i++)
        if (is_about(&asks->early[i], key, since_us))
            return true;
    return false;
}

const struct local_sighting *local_asks_answer(const struct local_asks *asks, const struct flow_key *key,
                                               int64_t since_us)
{
    const struct early_answer *best = NULL;
    for (unsigned i = 0; i < EARLY_ANSWERS; i++) {
        const struct early_answer *e = &asks->early[i];
        if (e->heard && is_about(e, key, since_us) && (best == NULL || e->asked_us < best->asked_us))
            best = e;
    }
    return best != NULL ? &best->seen : NULL;
}
