#include "hosts.h"

#include <stdlib.h>

#include "mark.h"

#define LINK_AT offsetof(struct host_entry, link)

/* Looking for a host can make one of a server seen only as a SYN's target, and nobody who looks expects that another is
 * forgotten for it. */
enum { LEEWAY = 256 };

int hosts_init(struct hosts *hosts, uint32_t limit, const struct hash_key *hash_key, syn_only_handler syn_only,
               void *context)
{
    *hosts = (struct hosts){.hash_key = hash_key, .limit = limit + 1, .syn_only = syn_only, .context = context};
    if (!pool_init(&hosts->pool, sizeof(struct host_entry), limit + 1 + LEEWAY) || !index_init(&hosts->index) ||
        pool_take(&hosts->pool) != NOBODY)
        return 0;
    ((struct host_entry *)pool_at(&hosts->pool, NOBODY))->host.packets = 1; /* else it would seem to speak up now */
    hosts->pool.cleared = offsetof(struct host_entry, host) + offsetof(struct host, ports);
    return 1;
}

void hosts_destroy(struct hosts *hosts)
{
    pool_destroy(&hosts->pool);
    index_destroy(&hosts->index);
}

static struct host_entry *host_entry_of(const struct host *host)
{
    return (struct host_entry *)((uint8_t *)host - offsetof(struct host_entry, host));
}

static struct host_entry *find(const struct hosts *hosts, const struct address *address, uint32_t hash)
{
    uint32_t cursor = hash & hosts->index.mask, id;
    while ((id = index_next(&hosts->index, hash, &cursor)) != POOL_NONE) {
        if (id & SYN_ONLY_ID) {
            struct host *woken = hosts->syn_only(hosts->context, id, address);
            if (woken)
                return host_entry_of(woken);
            continue;
        }
        struct host_entry *entry = pool_at(&hosts->pool, id);
        if (address_equal(&entry->host.address, address))
            return entry;
    }
    return NULL;
}

static void clear_rest(struct host_entry *entry)
{
    if (entry->open)
        return;
    memset((uint8_t *)&entry->host + offsetof(struct host, own), 0, sizeof(struct host) - offsetof(struct host, own));
    entry->open = true;
}

void host_open(struct host *host)
{
    clear_rest(host_entry_of(host));
    host_entry_of(host)->learned = true;
}

bool host_is_learned(const struct host *host)
{
    return host_entry_of(host)->learned;
}

struct host *hosts_search(const struct hosts *hosts, const struct address *address, uint32_t hash)
{
    struct host_entry *entry = find(hosts, address, hash);
    return entry ? &entry->host : NULL;
}

struct host *hosts_find(const struct hosts *hosts, const struct address *address)
{
    struct host *host = hosts_peek(hosts, address, hash_address(address, hosts->hash_key));
    if (host)
        host_open(host);
    return host;
}

const struct host *hosts_look(const struct hosts *hosts, const struct address *address)
{
    struct host *host = hosts_peek(hosts, address, hash_address(address, hosts->hash_key));
    if (host)
        clear_rest(host_entry_of(host));
    return host;
}

static void forget_one(struct hosts *hosts)
{
    struct list *queue = hosts->passive.head ? &hosts->passive : &hosts->active;
    if (!queue->head)
        return;
    uint32_t id = queue->head - 1;
    struct host_entry *entry = pool_at(&hosts->pool, id);
    index_remove(&hosts->index, entry->hash, id);
    list_remove(queue, &hosts->pool, LINK_AT, id);
    pool_give(&hosts->pool, id);
}

struct host *hosts_get(struct hosts *hosts, const struct address *address, int64_t now_us)
{
    struct host *host = hosts_meet(hosts, address, hash_address(address, hosts->hash_key), now_us);
    if (host)
        host_open(host);
    return host;
}

void hosts_forget(struct hosts *hosts)
{
    while (hosts->pool.in_use > hosts->limit)
        forget_one(hosts);
}

struct host *hosts_meet(struct hosts *hosts, const struct address *address, uint32_t hash, int64_t now_us)
{
    struct host_entry *entry = find(hosts, address, hash);
    if (entry)
        return &entry->host;
    while (hosts->pool.in_use >= hosts->limit)
        forget_one(hosts);
    return hosts_add(hosts, address, hash, now_us);
}

struct host *hosts_add(struct hosts *hosts, const struct address *address, uint32_t hash, int64_t now_us)
{
    uint32_t id = pool_take(&hosts->pool);
    if (id == POOL_NONE)
        return NULL;
    struct host_entry *entry = pool_at(&hosts->pool, id);
    entry->host.address = *address;
    entry->joined_us = now_us;
    entry->id = id;
    entry->hash = hash;
    if (!index_insert(&hosts->index, entry->hash, id)) {
        pool_give(&hosts->pool, id);
        return NULL;
    }
    list_append(&hosts->passive, &hosts->pool, LINK_AT, id);
    return &entry->host;
}

bool hosts_add_local(struct hosts *hosts, const struct address *address)
{
    struct host *host = hosts_get(hosts, address, 0);
    if (!host || host->local) /* several interfaces may have the same one */
        return host != NULL;
    struct host_entry *entry = host_entry_of(host);
    host->local = true;
    list_remove(&hosts->passive, &hosts->pool, LINK_AT, entry->id);
    list_append(&hosts->own, &hosts->pool, LINK_AT, entry->id);
    return true;
}

static void promote(struct hosts *hosts, const struct host *host, int64_t now_us)
{
    struct host_entry *entry = host_entry_of(host);
    entry->joined_us = now_us;
    if (host->local)
        return;
    list_remove(&hosts->passive, &hosts->pool, LINK_AT, entry->id);
    list_append(&hosts->active, &hosts->pool, LINK_AT, entry->id);
}

static int by_time(const void *a, const void *b)
{
    const struct host_entry *x = host_entry_of(*(struct host *const *)a), *y = host_entry_of(*(struct host *const *)b);
    if ((x->host.packets != 0) != (y->host.packets != 0))
        return x->host.packets != 0 ? -1 : 1;
    if (x->joined_us != y->joined_us)
        return x->joined_us < y->joined_us ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

struct host **hosts_list(const struct hosts *hosts, size_t *count)
{
    const struct list *queues[] = {&hosts->own, &hosts->active, &hosts->passive};
    struct host **all = malloc((hosts->pool.in_use + 1) * sizeof(struct host *));
    *count = 0;
    for (size_t q = 0; all && q < sizeof queues / sizeof queues[0]; q++)
        for (uint32_t id = queues[q]->head; id;) {
            struct host_entry *entry = pool_at(&hosts->pool, id - 1);
            all[(*count)++] = &entry->host;
            id = entry->link.after;
        }
    if (*count)
        qsort(all, *count, sizeof(struct host *), by_time);
    return all;
}

static void learn_mac(struct host *host, const uint8_t mac[6])
{
    for (int i = 0; i < host->macs_used; i++)
        if (memcmp(host->macs[i], mac, 6) == 0)
            return;
    if (host->macs_used < HOST_MACS)
        memcpy(host->macs[host->macs_used++], mac, 6);
    else
        host->more_macs = true;
}

void host_learn(struct hosts *hosts, struct host *host, int64_t ts_us, const uint8_t *mac)
{
    if (host->packets++ == 0)
        promote(hosts, host, ts_us);
    if (mac)
        learn_mac(host, mac);
}
