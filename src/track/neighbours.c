#include "neighbours.h"

#include <string.h>

void neighbours_learn(struct neighbours *n, const struct packet *reply)
{
    const struct neighbour_view *view = &reply->neighbour;
    uint32_t at = 0;
    while (at < n->count && !address_equal(&n->known[at].address, &view->target))
        at++;
    if (at == n->count && n->count < NEIGHBOURS)
        n->count++;
    else if (at == n->count)
        at = n->next++ % NEIGHBOURS;
    n->known[at].address = view->target;
    memcpy(n->known[at].mac, view->target_mac, sizeof n->known[at].mac);
    n->known[at].number = reply->number;
}

static bool is_link_local(const struct address *address)
{
    return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* An interface may have several addresses; one of its own is not behind it. */
uint64_t neighbours_router(const struct neighbours *n, const struct address *address, const uint8_t mac[6])
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        if (memcmp(n->known[i].mac, mac, sizeof n->known[i].mac) != 0)
            continue;
        if (address_equal(&n->known[i].address, address))
            return 0;
        if (!is_link_local(
                &n->known[i].address)) /* every interface has one of those, beside the address that is meant */
            number = n->known[i].number;
    }
    return number;
}

void neighbours_learn_router(const struct neighbours *neighbours, struct host *server, const uint8_t mac[6])
{
    uint64_t number = neighbours_router(neighbours, &server->address, mac);
    if (number)
        server->router_number = number;
}
