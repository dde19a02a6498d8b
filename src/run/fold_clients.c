#include "fold_clients.h"

/* Not a secret one: only who logs in gets here, and the same capture has to give the same lines. */
static uint32_t set_of(const struct address *client)
{
    return hash_address(client, &hash_key_fixed) % KNOWN_SETS;
}

bool known_clients_has(const struct known_clients *known, const struct address *client)
{
    const struct address *set = known->client[set_of(client)];
    for (int i = 0; i < KNOWN_WAYS; i++)
        if (address_equal(&set[i], client))
            return !address_is_none(client);
    return false;
}

void known_clients_add(struct known_clients *known, const struct address *client)
{
    const uint32_t set = set_of(client);
    if (known_clients_has(known, client))
        return;
    known->client[set][known->next[set]] = *client;
    known->next[set] = (uint8_t)((known->next[set] + 1) % KNOWN_WAYS);
}

void counted_clients_add(struct counted_clients *counted, const struct address *client)
{
    uint32_t at = hash_address(client, counted->hash_key) % COUNTED_SLOTS;
    for (; !address_is_none(&counted->slot[at]); at = (at + 1) % COUNTED_SLOTS)
        if (address_equal(&counted->slot[at], client))
            return;
    if (counted->count == COUNTED_CLIENTS) {
        counted->more = true;
        return;
    }
    counted->slot[at] = *client;
    counted->count++;
}

void counted_clients_clear(struct counted_clients *counted)
{
    *counted = (struct counted_clients){.hash_key = counted->hash_key};
}

static uint32_t place_of(const struct recent_clients *recent, const struct address *client)
{
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < recent->count; i++) {
        if (address_equal(&recent->client[i], client))
            return i;
        if (recent->seen_us[i] < recent->seen_us[oldest])
            oldest = i;
    }
    return recent->count <= FEW_CLIENTS ? recent->count : oldest;
}

bool recent_clients_add(struct recent_clients *recent, const struct address *client, int64_t now_us)
{
    const uint32_t place = place_of(recent, client);
    recent->client[place] = *client;
    recent->seen_us[place] = now_us;
    if (place == recent->count)
        recent->count++;
    for (uint32_t i = 0; i < recent->count; i++)
        if (now_us - recent->seen_us[i] > CROWD_WITHIN_US)
            return false;
    return recent->count > FEW_CLIENTS;
}
