#include "lookups.h"

#include <strings.h>

enum { TYPE_A = 1, TYPE_AAAA = 28 };

/* glibc asks each server twice, 5 s apart (resolv.conf(5), timeout and attempts); one that does not ask again by then
 * has been set up to be less patient. */
enum {
    NO_ANSWER_US = 10500000,
    GAVE_UP_US = 5500000,
    ASKED_AGAIN_US = 900000,
    NEGATIVE_SETTLED_US = 1000000,
    SAME_NAME_US = 30000000
};

/* ssh connects at once when it has an address; a later SYN was not waiting for this name. */
enum { CONNECTS_WITHIN_US = 500000 };

/* A kernel gives up after three requests a second apart (neighbour table's mcast_solicit and retrans_time). */
enum { SEARCH_REQUESTS = 3, SEARCH_SETTLED_US = 3050000, SEARCH_PAUSE_US = 1150000 };

/* Busy resolvers and scanners fail lookups all day; only a handful can be somebody's login. */
enum { LOOKUPS_REPORTED = 16, SEARCHES_BY_ONE = 6, SEARCHES_OF_ONE = 8 };

static bool is_suffixed(const char *longer, const char *name)
{
    size_t n = strlen(name);
    return n && strncmp(longer, name, n) == 0 && longer[n] == '.';
}

/* "host" and "host.example.com" asked by a client at one time are one lookup through a search list (resolv.conf(5)). */
static bool same_lookup(const struct lookup_entry *entry, const struct address *client, const char *name,
                        int64_t now_us)
{
    return entry->used && address_equal(&entry->client, client) && now_us - entry->lookup.last_us < SAME_NAME_US &&
           (strcmp(entry->lookup.name, name) == 0 || is_suffixed(name, entry->lookup.name) ||
            is_suffixed(entry->lookup.name, name));
}

static struct lookup_entry *find_lookup(struct tracker *t, const struct address *client, const char *name,
                                        int64_t now_us)
{
    for (int i = 0; i < LOOKUPS; i++)
        if (same_lookup(&t->lookup[i], client, name, now_us))
            return &t->lookup[i];
    return NULL;
}

static struct lookup_entry *new_lookup(struct tracker *t)
{
    struct lookup_entry *oldest = &t->lookup[0];
    for (int i = 0; i < LOOKUPS; i++) {
        struct lookup_entry *entry = &t->lookup[i];
        if (!entry->used)
            return entry;
        if (entry->resolved > oldest->resolved ||
            (entry->resolved == oldest->resolved && entry->lookup.last_us < oldest->lookup.last_us))
            oldest = entry;
    }
    return oldest;
}

static void take_query(struct tracker *t, const struct packet *packet)
{
    const struct dns_view *dns = &packet->dns;
    struct lookup_entry *entry = find_lookup(t, &packet->src, dns->name, packet->ts_us);
    if (!entry) {
        entry = new_lookup(t);
        memset(entry, 0, sizeof *entry);
        entry->used = true;
        entry->client = packet->src;
        entry->lookup.rcode = -1;
        entry->lookup.first_us = packet->ts_us;
        entry->lookup.first_number = packet->number;
    }
    struct lookup *lookup = &entry->lookup;
    if (entry->resolved && entry->open == 0) /* asked anew, after every question was answered: timed by itself */
        lookup->first_us = packet->ts_us;
    entry->open++;
    entry->asked_ipv4 |= dns->query_type == TYPE_A;
    entry->asked_ipv6 |= dns->query_type == TYPE_AAAA;
    if (!lookup->name[0] || strlen(dns->name) < strlen(lookup->name))
        memcpy(lookup->name, dns->name, sizeof lookup->name);
    lookup->resolver = packet->dst;
    lookup->last_us = packet->ts_us;
    lookup->requests++;
}

static void take_response(struct tracker *t, const struct packet *packet)
{
    const struct dns_view *dns = &packet->dns;
    struct lookup_entry *entry = find_lookup(t, &packet->dst, dns->name, packet->ts_us);
    if (!entry)
        return;
    struct lookup *lookup = &entry->lookup;
    lookup->last_us = packet->ts_us;
    entry->open -= entry->open > 0;
    if (dns->rcode == 0 && dns->answers)
        entry->resolved = true;
    else {
        /* An empty answer to AAAA is normal where A resolves; with nothing else it means that there is no address. */
        entry->negative = true;
        if (lookup->rcode <= 0)
            lookup->rcode = dns->rcode;
        lookup->answer_number = packet->number;
    }
}

/* RFC 6761 section 6.3: a resolver answers for it by itself. Who asks a server for it is badly set up, and no login. */
static bool is_localhost(const char *name)
{
    static const char local[] = "localhost";
    size_t length = strlen(name), n = sizeof local - 1;
    return length >= n && strcasecmp(name + length - n, local) == 0 && (length == n || name[length - n - 1] == '.');
}

bool track_dns(struct tracker *t, const struct packet *packet)
{
    const struct dns_view *dns = &packet->dns;
    if ((dns->query_type != TYPE_A && dns->query_type != TYPE_AAAA) || !dns->name[0] || is_localhost(dns->name))
        return false;
    if (packet->ts_us > t->last_lookup_us)
        t->last_lookup_us = packet->ts_us;
    if (dns->is_response)
        take_response(t, packet);
    else
        take_query(t, packet);
    return true;
}

/* Who asks for either kind of address gives up on this name server once both questions were answered so. */
bool track_dns_error(struct tracker *t, const struct packet *packet)
{
    enum { DNS_PORT = 53, PATIENCE_US = 5000000 };
    const struct icmp_quote *quote = &packet->icmp.quote;
    bool any = false;
    for (int i = 0; i < LOOKUPS && quote->dst_port == DNS_PORT; i++) {
        struct lookup_entry *entry = &t->lookup[i];
        struct lookup *lookup = &entry->lookup;
        if (!entry->used || entry->open == 0 || !address_equal(&entry->client, &quote->src) ||
            !address_equal(&lookup->resolver, &quote->dst) || packet->ts_us - lookup->last_us > PATIENCE_US)
            continue;
        any = true;
        lookup->error_number = packet->number;
        entry->negative |= entry->asked_ipv4 && entry->asked_ipv6;
    }
    return any;
}

uint32_t lookup_before(const struct tracker *t, const struct address *client, int64_t syn_us)
{
    const struct lookup *latest = NULL;
    if (!t->last_lookup_us || syn_us - t->last_lookup_us >= CONNECTS_WITHIN_US)
        return 0;
    for (int i = 0; i < LOOKUPS; i++) {
        const struct lookup_entry *entry = &t->lookup[i];
        int64_t ago = syn_us - entry->lookup.last_us;
        if (entry->used && entry->resolved && ago >= 0 && ago < CONNECTS_WITHIN_US &&
            address_equal(&entry->client, client) && (!latest || entry->lookup.last_us > latest->last_us))
            latest = &entry->lookup;
    }
    return latest ? (uint32_t)(latest->last_us - latest->first_us) : 0;
}

static void hand_over(struct tracker *t, const struct lookup *lookup, const struct address *client,
                      const struct address *server, int64_t until_us)
{
    struct attempt attempt = {.lookup = lookup, .last_us = lookup->last_us};
    attempt.key.client = *client;
    if (server)
        attempt.key.server = *server;
    attempt.packets = lookup->requests + (lookup->answer_number != 0);
    attempt.syn.ts_us = lookup->first_us;
    attempt.facts = FACT_NO_SYN;
    struct case_file file = {
        .attempt = &attempt,
        .client = hosts_look(&t->hosts, client),
        .server = server ? hosts_look(&t->hosts, server) : NULL,
        .capture = &t->capture,
        .observed_until_us = until_us,
    };
    t->stats.attempts++;
    t->handler(t->context, &file);
}

static bool lookup_is_due(const struct lookup_entry *entry, int64_t now_us, bool all)
{
    if (!entry->used || entry->resolved)
        return false;
    int64_t idle = now_us - entry->lookup.last_us;
    if (entry->negative)
        return all || idle > NEGATIVE_SETTLED_US;
    const struct lookup *lookup = &entry->lookup;
    /* Asked again: after the resolver's own patience was over, or at once, because an ICMP error had answered. Or asked
     * once for either kind of address, as ssh does. */
    bool again = lookup->requests > 2 || lookup->last_us - lookup->first_us >= ASKED_AGAIN_US;
    if (all)
        return lookup->requests >= 2 && (again || (entry->asked_ipv4 && entry->asked_ipv6 && idle > GAVE_UP_US));
    return lookup->requests >= 2 && now_us - lookup->first_us > NO_ANSWER_US;
}

static void finish_names(struct tracker *t, int64_t now_us, bool all)
{
    for (int i = 0; i < LOOKUPS; i++) {
        struct lookup_entry *entry = &t->lookup[i];
        if (!lookup_is_due(entry, now_us, all))
            continue;
        if (t->lookups_reported++ < LOOKUPS_REPORTED)
            hand_over(t, &entry->lookup, &entry->client, NULL, now_us);
        entry->used = false;
    }
}

static uint32_t searches_by(struct tracker *t, const struct address *searcher)
{
    uint32_t count = 0;
    for (uint32_t id = t->hosts.passive.head; id;) {
        const struct host_entry *entry = pool_at(&t->hosts.pool, id - 1);
        count += entry->open && entry->host.searches_unanswered >= SEARCH_REQUESTS &&
                 address_equal(&entry->host.searcher, searcher);
        id = entry->link.after;
    }
    return count;
}

static void report_search(struct tracker *t, struct host *host, int64_t now_us)
{
    if (host->searches_unanswered < SEARCH_REQUESTS || host->packets || host->syns_received || host->search_reported ||
        host->search_recheck)
        return;
    host->search_reported = true;
    if (host->searches_reported++ >= SEARCHES_OF_ONE || searches_by(t, &host->searcher) > SEARCHES_BY_ONE)
        return;
    struct lookup lookup = {
        .first_us = host->search_first_us,
        .last_us = host->search_last_us,
        .first_number = host->search_number,
        .requests = host->searches_unanswered,
        .rcode = -1,
        .neighbour_ipv6 = !address_is_ipv4(&host->address),
    };
    struct address server = host->address, client = host->searcher;
    hand_over(t, &lookup, &client, &server, now_us);
}

/* The kernel had given up, and begins anew: somebody connects again. */
static bool search_begins_anew(const struct host *host, int64_t now_us)
{
    return host->searches_unanswered >= SEARCH_REQUESTS && now_us - host->search_last_us > SEARCH_PAUSE_US;
}

/* A kernel first asks a neighbour that it knew at its old MAC address, before it asks everybody. Where it cannot be
 * known whom an ARP request went to, it is none of those: most searches are for a neighbour that was not known. */
static bool asks_one_neighbour(const struct packet *packet)
{
    if (packet->ip_version == 6)
        return packet->dst.bytes[0] != 0xff;
    return packet_link_receiver(packet) == RECEIVER_ONE;
}

bool track_neighbour(struct tracker *t, const struct packet *packet)
{
    const struct neighbour_view *n = &packet->neighbour;
    struct host *host;
    if (n->kind == NEIGHBOUR_REPLY) {
        neighbours_learn(&t->neighbours, packet);
        host = hosts_find(&t->hosts, &n->target);
        if (!host)
            return false;
        host->found_number = packet->number;
        host->found_us = packet->ts_us;
        host->searches_unanswered = 0;
        host->search_recheck = false;
        return true;
    }
    if (address_is_none(&n->asker) || address_equal(&n->asker, &n->target))
        return false; /* a probe for its own address */
    host = hosts_get(&t->hosts, &n->target, packet->ts_us);
    if (!host)
        return false;
    if (packet->ts_us - host->search_last_us > SAME_NAME_US) {
        host->searches_unanswered = 0;
        host->search_recheck = false;
    }
    if (search_begins_anew(host, packet->ts_us)) {
        report_search(t, host, packet->ts_us);
        host->searches_unanswered = 0;
        host->search_reported = false;
    }
    host->search_recheck |= asks_one_neighbour(packet);
    if (host->searches_unanswered && packet->ts_us - host->search_last_us < 100000)
        return true; /* the same frame again, or another asker */
    if (host->searches_unanswered == 0)
        host->search_first_us = packet->ts_us;
    host->search_last_us = packet->ts_us;
    host->search_number = packet->number;
    host->searcher = n->asker;
    host->searches++;
    host->searches_unanswered++;
    return true;
}

/* Silent hosts are among these: nothing of their own was ever seen. */
static void finish_searches(struct tracker *t, int64_t now_us, bool all)
{
    for (uint32_t id = t->hosts.passive.head; id;) {
        struct host_entry *entry = pool_at(&t->hosts.pool, id - 1);
        struct host *host = &entry->host;
        id = entry->link.after;
        if (entry->open && (all || now_us - host->search_first_us >= SEARCH_SETTLED_US))
            report_search(t, host, now_us);
    }
}

void lookups_finish(struct tracker *t, int64_t now_us, bool all)
{
    finish_names(t, now_us, all);
    finish_searches(t, now_us, all);
}
