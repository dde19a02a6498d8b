/* Neighbours that did not answer ARP or neighbour solicitations. */
#include "lookup_attempts.h"
#include "lookups.h"

/* A kernel gives up after three requests a second apart (neighbour table's mcast_solicit and retrans_time). */
enum {
    SEARCH_REQUESTS = 3,
    SEARCH_SETTLED_US = 3050000,
    SEARCH_PAUSE_US = 1150000,
    SEARCH_LEAST_GAP_US = 700000,
    SEARCH_MOST_GAP_US = 1500000,
    SEARCH_OVER_US = 30000000
};

/* Who asks for more addresses that nobody has forwards for others, or scans; one that is asked for again and again is
 * wanted by a program. */
enum { SEARCHES_BY_ONE = 4, SEARCHES_OF_ONE = 8 };

/* ---- Whose search it is ---- */

static bool searches_in_vain(const struct host *host)
{
    return host->searches_unanswered && !host->packets;
}

/* What other searches in vain there are: counted until there are too many. */
struct searches {
    uint32_t by_same;
    bool by_others; /* of the same family, to the end */
};

static struct searches other_searches(struct tracker *t, const struct address *searcher)
{
    struct searches found = {.by_same = 0};
    for (uint32_t id = t->hosts.passive.head; id && found.by_same <= SEARCHES_BY_ONE;) {
        const struct host_entry *entry = pool_at(&t->hosts.pool, id - 1);
        const struct host *host = &entry->host;
        id = entry->link.after;
        if (!entry->open || !searches_in_vain(host))
            continue;
        if (address_equal(&host->searcher, searcher))
            found.by_same++;
        else if (host->searches_unanswered >= SEARCH_REQUESTS)
            found.by_others |= address_is_ipv4(&host->searcher) == address_is_ipv4(searcher);
    }
    return found;
}

static bool shares_mac(const struct host *a, const struct host *b)
{
    for (uint8_t i = 0; i < a->macs_used; i++)
        for (uint8_t j = 0; j < b->macs_used; j++)
            if (memcmp(a->macs[i], b->macs[j], sizeof a->macs[i]) == 0)
                return true;
    return false;
}

/* Packets with other addresses come from its MAC address. A machine's own second address looks alike, unless the
 * machine's addresses are known. */
static bool forwards(const struct tracker *t, const struct host *asker)
{
    for (uint32_t id = t->hosts.active.head; id;) {
        const struct host_entry *entry = pool_at(&t->hosts.pool, id - 1);
        const struct host *host = &entry->host;
        id = entry->link.after;
        if (host != asker && address_is_ipv4(&host->address) == address_is_ipv4(&asker->address) &&
            !address_is_link_local(&host->address) && !host->local && shares_mac(host, asker))
            return true;
    }
    return false;
}

/* A kernel asks from the address of the packet that waits; only for another machine's packet has it none but the
 * link's (net/ipv6/ndisc.c ndisc_solicit). */
static bool is_for_another(const struct host *host)
{
    return address_is_link_local(&host->searcher) && !address_is_link_local(&host->address);
}

static bool is_from_here(const struct tracker *t, const struct host *host, const struct host *asker,
                         const struct searches *others)
{
    const uint8_t marks = host->search_marks;
    if (marks & (SEARCH_SENT_HERE | SEARCH_ARRIVED))
        return marks & SEARCH_SENT_HERE;
    if (t->knows_itself)
        return asker->local;
    return !(marks & (SEARCH_PADDED | SEARCH_OF_SEVERAL | SEARCH_IRREGULAR)) && !others->by_others;
}

/* The capturing machine looked for it, and there is nothing but a login that could have wanted that. */
static bool is_login(struct tracker *t, const struct host *host)
{
    const struct host *asker = hosts_find(&t->hosts, &host->searcher);
    if (t->options.of_command)
        return !t->knows_itself || (asker && asker->local);
    if (!asker || !asker_is_quiet(asker) || is_for_another(host))
        return false;
    const struct searches others = other_searches(t, &host->searcher);
    return others.by_same <= SEARCHES_BY_ONE && is_from_here(t, host, asker, &others) && !forwards(t, asker);
}

/* ---- Its end ---- */

static void report_search(struct tracker *t, struct host *host, int64_t now_us)
{
    if (host->searches_unanswered < SEARCH_REQUESTS || host->packets || host->syns_received || host->search_reported ||
        host->search_recheck)
        return;
    host->search_reported = true;
    if (!is_login(t, host) || host->searches_reported++ >= SEARCHES_OF_ONE) {
        others_note_neighbour(&t->others, &host->address, &t->hash_key);
        return;
    }
    struct lookup lookup = {
        .first_us = host->search_first_us,
        .last_us = host->search_last_us,
        .first_number = host->search_number,
        .requests = host->searches_unanswered,
        .rcode = -1,
        .neighbour_ipv6 = !address_is_ipv4(&host->address),
    };
    struct address server = host->address, client = host->searcher;
    lookup_hand_over(t, &lookup, &client, &server, now_us);
}

/* Silent hosts are among these: nothing of their own was ever seen. */
void searches_finish(struct tracker *t, int64_t now_us, bool all)
{
    for (uint32_t id = t->hosts.passive.head; id;) {
        struct host_entry *entry = pool_at(&t->hosts.pool, id - 1);
        struct host *host = &entry->host;
        id = entry->link.after;
        if (entry->open && (all || now_us - host->search_first_us >= SEARCH_SETTLED_US))
            report_search(t, host, now_us);
    }
}

/* ---- Requests and replies ---- */

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

static uint8_t marks_of(const struct host *host, const struct packet *request)
{
    const int64_t gap = request->ts_us - host->search_last_us;
    uint8_t marks = 0;
    if (request->direction == DIRECTION_OUT)
        marks |= SEARCH_SENT_HERE;
    if (request->direction == DIRECTION_IN)
        marks |= SEARCH_ARRIVED;
    if (request->neighbour.padded)
        marks |= SEARCH_PADDED;
    if (host->searches_unanswered && !address_equal(&host->searcher, &request->neighbour.asker))
        marks |= SEARCH_OF_SEVERAL;
    if (host->searches_unanswered && (gap < SEARCH_LEAST_GAP_US || gap > SEARCH_MOST_GAP_US))
        marks |= SEARCH_IRREGULAR;
    return marks;
}

static void begin_search(struct host *host)
{
    host->searches_unanswered = 0;
    host->search_marks = 0;
}

static bool take_reply(struct tracker *t, const struct packet *packet)
{
    neighbours_learn(&t->neighbours, packet);
    struct host *host = hosts_find(&t->hosts, &packet->neighbour.target);
    if (!host)
        return false;
    host->found_number = packet->number;
    host->found_us = packet->ts_us;
    begin_search(host);
    host->search_recheck = false;
    return true;
}

static void take_request(struct tracker *t, struct host *host, const struct packet *packet)
{
    if (packet->ts_us - host->search_last_us > SEARCH_OVER_US) {
        begin_search(host);
        host->search_recheck = false;
    }
    if (search_begins_anew(host, packet->ts_us)) {
        report_search(t, host, packet->ts_us);
        begin_search(host);
        host->search_reported = false;
    }
    host->search_recheck |= asks_one_neighbour(packet);
    if (host->searches_unanswered && packet->ts_us - host->search_last_us < 100000) {
        host->search_marks |= marks_of(host, packet) & SEARCH_OF_SEVERAL;
        return; /* the same frame again, or another asker */
    }
    host->search_marks |= marks_of(host, packet);
    if (host->searches_unanswered == 0)
        host->search_first_us = packet->ts_us;
    host->search_last_us = packet->ts_us;
    host->search_number = packet->number;
    host->searcher = packet->neighbour.asker;
    host->searches++;
    host->searches_unanswered++;
}

bool track_neighbour(struct tracker *t, const struct packet *packet)
{
    const struct neighbour_view *n = &packet->neighbour;
    if (n->kind == NEIGHBOUR_REPLY)
        return take_reply(t, packet);
    if (address_is_none(&n->asker) || address_equal(&n->asker, &n->target))
        return false; /* a probe for its own address */
    const struct host *known = hosts_find(&t->hosts, &n->target);
    if (known && known->searches_unanswered) /* most are answered at once: those askers need no host of theirs */
        asker_meet(t, &n->asker, packet->ts_us);
    struct host *host = hosts_get(&t->hosts, &n->target, packet->ts_us);
    if (!host)
        return false;
    take_request(t, host, packet);
    return true;
}
