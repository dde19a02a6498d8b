#include "resolved_names.h"

#include <string.h>

uint64_t name_hash(const char *name, const struct hash_key *key)
{
    const uint64_t hash = hash_bytes(name, strlen(name), key);
    return hash ? hash : 1;
}

static const struct resolved_name *set_of(const struct resolved_names *names, uint64_t hash)
{
    return names->name[(hash >> 32) % RESOLVED_SETS];
}

/* The client's own record of this name, or the one that makes room for it. */
static struct resolved_name *place_for(struct resolved_names *names, uint64_t hash, const struct address *client)
{
    struct resolved_name *set = names->name[(hash >> 32) % RESOLVED_SETS], *oldest = &set[0];
    for (int i = 0; i < RESOLVED_WAYS; i++) {
        if (set[i].hash == hash && address_equal(&set[i].client, client))
            return &set[i];
        if (set[i].last_us < oldest->last_us)
            oldest = &set[i];
    }
    *oldest = (struct resolved_name){.hash = hash, .client = *client};
    return oldest;
}

static bool has_address(const struct resolved_name *name, const struct address *address)
{
    for (int i = 0; i < name->count; i++)
        if (address_equal(&name->address[i], address))
            return true;
    return false;
}

void resolved_names_note(struct resolved_names *names, uint64_t hash, const struct packet *answer,
                         const struct hash_key *key)
{
    const struct dns_view *dns = &answer->dns;
    struct resolved_name *name = place_for(names, hash, &answer->dst);
    name->last_us = answer->ts_us;
    for (int i = 0; i < dns->address_count; i++) {
        name->families |= address_is_ipv4(&dns->address[i]) ? FAMILY_IPV4 : FAMILY_IPV6;
        if (!has_address(name, &dns->address[i]) && name->count < DNS_ADDRESSES)
            name->address[name->count++] = dns->address[i];
        const uint32_t mark = hash_address(&dns->address[i], key) % RESOLVED_MARKS;
        names->marks[mark / 64] |= UINT64_C(1) << mark % 64;
    }
}

uint8_t resolved_families(const struct resolved_names *names, uint64_t hash, const struct address *client)
{
    const struct resolved_name *set = set_of(names, hash);
    for (int i = 0; i < RESOLVED_WAYS; i++)
        if (set[i].hash == hash && address_equal(&set[i].client, client))
            return set[i].families;
    return 0;
}

bool resolved_any(const struct resolved_names *names, uint64_t hash, resolved_test is, void *context)
{
    const struct resolved_name *set = set_of(names, hash);
    for (int i = 0; i < RESOLVED_WAYS; i++)
        if (set[i].hash == hash && is(context, &set[i]))
            return true;
    return false;
}

bool resolved_any_of(const struct resolved_names *names, const struct address *client, resolved_test is, void *context)
{
    const struct resolved_name *all = names->name[0];
    for (int i = 0; i < RESOLVED_SETS * RESOLVED_WAYS; i++)
        if (all[i].hash && address_equal(&all[i].client, client) && is(context, &all[i]))
            return true;
    return false;
}

bool resolved_all(const struct resolved_names *names, resolved_test is, void *context)
{
    const struct resolved_name *all = names->name[0];
    for (int i = 0; i < RESOLVED_SETS * RESOLVED_WAYS; i++)
        if (all[i].hash && is(context, &all[i]))
            return true;
    return false;
}
