/* Names that did not resolve. A and AAAA are one question, and so are the names that one search list makes. */
#include "lookup_attempts.h"
#include "lookups.h"
#include "unasked_names.h"

enum { TYPE_A = 1, TYPE_AAAA = 28 };

/* glibc asks each server twice, 5 s apart (resolv.conf(5), timeout and attempts); one that does not ask again by then
 * has been set up to be less patient. */
enum {
    NO_ANSWER_US = 10500000,
    GAVE_UP_US = 5500000,
    ASKED_AGAIN_US = 900000,
    NEGATIVE_SETTLED_US = 1000000,
    SAME_NAME_US = 30000000,
    NEXT_SUFFIX_US = 2000000
};

/* ssh connects at once when it has an address; a later SYN was not waiting for this name. */
enum { CONNECTS_WITHIN_US = 500000 };

/* Busy resolvers fail lookups all day; only a handful can be somebody's login. Who asks for more than a few names looks
 * at pages, delivers mail, or asks for others. */
enum { LOOKUPS_REPORTED = 16, LOGIN_NAMES = 4 };

/* Where so many ask for names, the capture is a name server's, or of its network: one that does nothing else in it was
 * not watched. */
enum { LOGIN_CLIENTS = 4 };

/* ---- One lookup ---- */

static bool is_suffixed(const char *longer, const char *name)
{
    size_t n = strlen(name);
    return n && strncmp(longer, name, n) == 0 && longer[n] == '.';
}

static bool same_first_label(const char *a, const char *b)
{
    size_t n = strcspn(a, ".");
    return n && strncmp(a, b, n) == 0 && a[n] == '.' && b[n] == '.';
}

/* The next suffix of a search list is tried as soon as the one before it has failed. Programs ask for wpad or a block
 * list under several zones, too, but those are names of their own. */
static bool is_next_suffix(const struct lookup_entry *entry, const char *name, int64_t now_us)
{
    return entry->negative && !entry->resolved && now_us - entry->lookup.last_us < NEXT_SUFFIX_US &&
           same_first_label(entry->lookup.name, name) && !name_is_unasked(name);
}

/* "host" and "host.example.com" asked by a client at one time are one lookup through a search list (resolv.conf(5)). */
static bool same_lookup(const struct lookup_entry *entry, const struct address *client, const char *name,
                        int64_t now_us)
{
    return entry->used && address_equal(&entry->client, client) && now_us - entry->lookup.last_us < SAME_NAME_US &&
           (strcmp(entry->lookup.name, name) == 0 || is_suffixed(name, entry->lookup.name) ||
            is_suffixed(entry->lookup.name, name) || is_next_suffix(entry, name, now_us));
}

static struct lookup_entry *find_lookup(struct tracker *t, const struct address *client, const char *name,
                                        int64_t now_us)
{
    for (int i = 0; i < LOOKUPS; i++)
        if (same_lookup(&t->lookup[i], client, name, now_us))
            return &t->lookup[i];
    return NULL;
}

static struct lookup_entry *place_for_lookup(struct tracker *t)
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

static bool was_asked_before(const struct tracker *t, const struct lookup_entry *entry, const struct address *client,
                             const char *name)
{
    for (int i = 0; i < LOOKUPS; i++) {
        const struct lookup_entry *other = &t->lookup[i];
        if (other != entry && other->used && address_equal(&other->client, client) &&
            strcmp(other->lookup.name, name) == 0)
            return true;
    }
    return false;
}

/* ---- Whether it failed, and whether that was a login ---- */

/* An address of the other family, however long ago, or of this one where it was not asked for again. */
static bool has_address(const struct tracker *t, const struct lookup_entry *entry)
{
    const uint8_t known = resolved_families(&t->resolved, entry->first_hash, &entry->client) |
                          resolved_families(&t->resolved, entry->last_hash, &entry->client);
    const uint8_t in_vain = entry->negative ? entry->failed : entry->asked;
    return known & ~in_vain;
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
        return lookup->requests >= 2 && (again || (entry->asked == (FAMILY_IPV4 | FAMILY_IPV6) && idle > GAVE_UP_US));
    return lookup->requests >= 2 && now_us - lookup->first_us > NO_ANSWER_US;
}

static bool leads_to_ssh(void *context, const struct resolved_name *name)
{
    const struct tracker *t = context;
    for (uint8_t i = 0; i < name->count; i++) {
        const struct host *host = hosts_look(&t->hosts, &name->address[i]);
        if (host && (host->ssh_wanted || host->bannered))
            return true;
    }
    return false;
}

static bool leads_elsewhere(void *context, const struct resolved_name *name)
{
    return !leads_to_ssh(context, name);
}

/* Not what a program's getaddrinfo() sends: resolvers ask each other without recursion, or from their own port, and
 * they and the tools of those who look after names (dig) send cookies. */
static bool is_of_resolver(const struct dns_view *dns)
{
    enum { DNS_PORT = 53 };
    return !dns->recursion_desired || dns->client_port == DNS_PORT || dns->cookie;
}

/* A machine may have no IPv6 address: that nobody asked for the other one says that this was no login, or that half of
 * it is missing. */
static bool is_half(const struct lookup_entry *entry)
{
    return entry->asked == FAMILY_IPV6 && entry->lookup.rcode == 0;
}

/* Nothing else of its client is in the capture, so there is nothing but a login that could have wanted it. */
static bool is_all_there_is(struct tracker *t, const struct lookup_entry *entry)
{
    if (name_is_unasked(entry->lookup.name) || address_is_group(&entry->lookup.resolver) || entry->of_resolver ||
        is_half(entry))
        return false;
    const struct host *client = hosts_find(&t->hosts, &entry->client);
    return client && t->name_clients <= LOGIN_CLIENTS && asker_is_quiet(client) && client->names_asked <= LOGIN_NAMES &&
           !resolved_any_of(&t->resolved, &entry->client, leads_elsewhere, t);
}

/* Only at its end is it known what a capture holds. */
static bool is_login(struct tracker *t, const struct lookup_entry *entry, bool all)
{
    return t->options.of_command || resolved_any(&t->resolved, entry->first_hash, leads_to_ssh, t) ||
           (entry->last_hash != entry->first_hash && resolved_any(&t->resolved, entry->last_hash, leads_to_ssh, t)) ||
           (all && is_all_there_is(t, entry));
}

/* Of one that has failed. `last`: it will not be asked about again. */
static void settle(struct tracker *t, struct lookup_entry *entry, int64_t now_us, bool all, bool last)
{
    if (has_address(t, entry))
        entry->resolved = true;
    else if (is_login(t, entry, all)) {
        if (t->lookups_reported++ < LOOKUPS_REPORTED)
            lookup_hand_over(t, &entry->lookup, &entry->client, NULL, now_us);
        entry->used = false;
    } else if (last) {
        others_note_name(&t->others, entry->lookup.name, &t->hash_key);
        entry->used = false;
    }
}

void names_finish(struct tracker *t, int64_t now_us, bool all)
{
    for (int i = 0; i < LOOKUPS; i++)
        if (lookup_is_due(&t->lookup[i], now_us, all))
            settle(t, &t->lookup[i], now_us, all, all);
}

/* ---- Questions and answers ---- */

/* One more that its client asks for; `entry` is about to be its own. */
static void count_name(struct tracker *t, const struct lookup_entry *entry, const struct packet *query)
{
    struct host *client = asker_meet(t, &query->src, query->ts_us);
    if (!client || client->names_asked > LOGIN_NAMES || was_asked_before(t, entry, &query->src, query->dns.name))
        return;
    t->name_clients += client->names_asked == 0;
    client->names_asked++;
}

static struct lookup_entry *begin_lookup(struct tracker *t, const struct packet *packet)
{
    struct lookup_entry *entry = place_for_lookup(t);
    if (lookup_is_due(entry, packet->ts_us, true)) /* it makes room */
        settle(t, entry, packet->ts_us, false, true);
    count_name(t, entry, packet);
    memset(entry, 0, sizeof *entry);
    entry->used = true;
    entry->client = packet->src;
    entry->first_hash = name_hash(packet->dns.name, &hash_key_fixed);
    entry->lookup.rcode = -1;
    entry->lookup.first_us = packet->ts_us;
    entry->lookup.first_number = packet->number;
    return entry;
}

static uint8_t family_asked(const struct dns_view *dns)
{
    return dns->query_type == TYPE_A ? FAMILY_IPV4 : FAMILY_IPV6;
}

/* Some resolvers ask for AAAA only when A was answered. */
static bool is_other_half(const struct lookup_entry *entry, const struct packet *packet)
{
    return !(entry->asked & family_asked(&packet->dns)) && packet->ts_us - entry->lookup.last_us < CONNECTS_WITHIN_US;
}

/* After every question was answered, one more is timed by itself, and may fail by itself. */
static void ask_anew(struct lookup_entry *entry, const struct packet *packet)
{
    struct lookup *lookup = &entry->lookup;
    lookup->first_us = packet->ts_us;
    lookup->first_number = packet->number;
    lookup->answer_number = lookup->error_number = 0;
    lookup->requests = 0;
    lookup->rcode = -1;
    entry->resolved = entry->negative = false;
    entry->asked = entry->failed = 0;
}

static void note_question(struct lookup_entry *entry, const struct packet *packet)
{
    entry->question[entry->questions++ % LOOKUP_QUESTIONS] =
        (struct dns_question){packet->dst, packet->dns.id, packet->dns.client_port};
}

/* An answer is believed where it comes from the server that was asked, for the port and with the number of the
 * question. Who is asked by multicast (RFC 4795, RFC 6762) answers from an address of its own. */
static bool answers_question(const struct lookup_entry *entry, const struct packet *packet)
{
    const uint32_t kept = entry->questions < LOOKUP_QUESTIONS ? entry->questions : LOOKUP_QUESTIONS;
    for (uint32_t i = 0; i < kept; i++) {
        const struct dns_question *q = &entry->question[i];
        if (q->id == packet->dns.id && q->client_port == packet->dns.client_port &&
            (address_equal(&q->server, &packet->src) || address_is_group(&q->server)))
            return true;
    }
    return false;
}

static void take_query(struct tracker *t, const struct packet *packet)
{
    const struct dns_view *dns = &packet->dns;
    struct lookup_entry *entry = find_lookup(t, &packet->src, dns->name, packet->ts_us);
    if (!entry)
        entry = begin_lookup(t, packet);
    struct lookup *lookup = &entry->lookup;
    if (entry->resolved && entry->open == 0 && !is_other_half(entry, packet))
        ask_anew(entry, packet);
    entry->open++;
    note_question(entry, packet);
    entry->asked |= family_asked(dns);
    entry->of_resolver |= is_of_resolver(dns);
    entry->last_hash = name_hash(dns->name, &hash_key_fixed);
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
    if (entry && !answers_question(entry, packet))
        return;
    if (dns->rcode == 0 && dns->answers)
        resolved_names_note(&t->resolved, name_hash(dns->name, &hash_key_fixed), packet, &t->hash_key);
    if (!entry)
        return;
    struct lookup *lookup = &entry->lookup;
    lookup->last_us = packet->ts_us;
    entry->open -= entry->open > 0;
    if ((dns->rcode == 0 && dns->answers) || dns->truncated) /* the whole answer then comes by TCP */
        entry->resolved = true;
    else {
        /* An empty answer to AAAA is normal where A resolves; with nothing else it means that there is no address. */
        entry->negative = true;
        entry->failed |= family_asked(dns);
        if (lookup->rcode <= 0)
            lookup->rcode = dns->rcode;
        lookup->answer_number = packet->number;
        entry->resolved = has_address(t, entry);
    }
}

bool track_dns(struct tracker *t, const struct packet *packet)
{
    const struct dns_view *dns = &packet->dns;
    if ((dns->query_type != TYPE_A && dns->query_type != TYPE_AAAA) || !dns->name[0])
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
        if (entry->asked == (FAMILY_IPV4 | FAMILY_IPV6)) {
            entry->negative = true;
            entry->failed = entry->asked;
        }
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
