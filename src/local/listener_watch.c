#include "listener_watch.h"

#include <string.h>

#include "listeners.h"

/* FNV-1a over the sockets' own numbers, which the kernel never uses twice. */
static uint64_t state_of(const struct local_sockets *sockets)
{
    uint64_t h = 0;
    for (unsigned i = 0; i < sockets->listeners; i++)
        h = (h ^ sockets->listener[i].socket ^ (i + 1)) * UINT64_C(0x100000001b3);
    return h;
}

static struct watched_port *entry_of(struct listener_watch *watch, uint16_t port)
{
    for (unsigned i = 0; i < WATCHED_PORTS; i++)
        if (watch->port[i].port == port)
            return &watch->port[i];
    for (unsigned i = 0; i < WATCHED_PORTS; i++)
        if (watch->port[i].port == 0)
            return &watch->port[i];
    return &watch->port[watch->next++ % WATCHED_PORTS];
}

/* Queues change with each connection, and are no change of who listens. */
static void note(struct watched_port *entry, uint16_t port, const struct local_sockets *now)
{
    const uint64_t state = state_of(now);
    const bool first = entry->port != port || !entry->span.checked_us;
    if (first)
        entry->span = (struct local_span){.since_us = now->read_us};
    else if (state != entry->state)
        entry->span = (struct local_span){.since_us = now->read_us, .before_us = entry->span.checked_us};
    entry->port = port;
    entry->state = state;
    entry->span.checked_us = now->read_us;
    entry->sockets = *now;
}

const struct watched_port *listener_watch_see(struct listener_watch *watch, uint16_t port)
{
    struct local_sockets now;
    if (port == 0 || !local_listeners_read(port, &now))
        return NULL;
    struct watched_port *entry = entry_of(watch, port);
    note(entry, port, &now);
    return entry;
}

void listener_watch_refresh(struct listener_watch *watch)
{
    for (unsigned i = 0; i < WATCHED_PORTS; i++)
        if (watch->port[i].port != 0)
            (void)listener_watch_see(watch, watch->port[i].port);
}
