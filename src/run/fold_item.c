#include "fold_item.h"

#include <string.h>

static int64_t began(const struct attempt *attempt)
{
    if (attempt->lookup != NULL)
        return attempt->lookup->first_us;
    return attempt->syn.number != 0 ? attempt->syn.ts_us : attempt->last_us;
}

struct fold_item fold_item_of_attempt(const struct attempt *attempt, enum cause cause, int64_t seen_us)
{
    return (struct fold_item){
        .cause = cause,
        .scan = cause_is_scan(cause),
        .server = attempt->key.server,
        .client = attempt->key.client,
        .server_port = attempt->lookup == NULL ? attempt->key.server_port : 0,
        .name = attempt->lookup != NULL ? attempt->lookup->name : "",
        .began_us = began(attempt),
        .seen_us = seen_us,
    };
}

struct fold_item fold_item_of_summary(const struct attempt_summary *summary, enum cause cause, int64_t seen_us)
{
    return (struct fold_item){
        .cause = cause,
        .scan = cause_is_scan(cause),
        .server = summary->key.server,
        .client = summary->key.client,
        .server_port = summary->key.server_port,
        .name = "",
        .began_us = summary->first_us,
        .seen_us = seen_us,
    };
}

bool fold_same_place(const struct fold_place *place, const struct fold_item *item)
{
    return place->port == item->server_port && address_equal(&place->server, &item->server) &&
           strcmp(place->name, item->name) == 0;
}

void fold_set_place(struct fold_place *place, const struct fold_item *item)
{
    place->server = item->server;
    place->port = item->server_port;
    memset(place->name, 0, sizeof place->name);
    memcpy(place->name, item->name, strnlen(item->name, sizeof place->name - 1));
}

void fold_narrow_place(struct fold_place *place, const struct fold_item *item)
{
    if (fold_same_place(place, item))
        return;
    if (!address_equal(&place->server, &item->server))
        place->server = (struct address){{0}};
    place->port = 0;
    place->name[0] = '\0';
}
