#include "name_tries.h"

/* ssh waits for one address no longer than TCP tries (some 130 s), and goes on at once where it is refused. */
enum { LONGEST_TRY_US = 150000000, REFUSED_TRY_US = 2000000 };

void name_tries_note(struct name_tries *tries, const struct flow_key *key, int64_t start_us)
{
    const uint32_t at = tries->next++ % NAME_TRIES;
    tries->tried[at].key = *key;
    tries->tried[at].start_us = start_us;
}

static uint8_t state_of(const struct hosts *hosts, const struct address *address, uint16_t port)
{
    const struct host *host = hosts_look(hosts, address);
    for (unsigned i = 0; host && i < host->ports_used; i++)
        if (host->ports[i].port == port)
            return host->ports[i].state;
    return PORT_UNKNOWN;
}

struct search {
    struct name_tries *tries;
    const struct hosts *hosts;
    const struct attempt *attempt;
    unsigned count;
};

static bool is_listed(const struct search *s, const struct address *address)
{
    for (unsigned i = 0; i < s->count; i++)
        if (address_equal(&s->tries->found[i].address, address))
            return true;
    return address_equal(&s->attempt->key.server, address);
}

/* Never true: all names with this address are looked at. */
static bool take_name(void *context, const struct resolved_name *name)
{
    struct search *s = context;
    bool ours = false;
    for (int i = 0; i < name->count; i++)
        ours |= address_equal(&name->address[i], &s->attempt->key.server);
    for (int i = 0; ours && i < name->count && s->count < OTHER_ADDRESSES; i++)
        if (!is_listed(s, &name->address[i]))
            s->tries->found[s->count++] = (struct other_address){
                .address = name->address[i],
                .state = state_of(s->hosts, &name->address[i], s->attempt->key.server_port),
            };
    return false;
}

/* One machine's addresses of both families are not known to be one's: only of the same family they can be compared. */
static bool may_be_same_client(const struct flow_key *a, const struct flow_key *b)
{
    return a->server_port == b->server_port &&
           (address_equal(&a->client, &b->client) || address_is_ipv4(&a->client) != address_is_ipv4(&b->client));
}

/* When the client went on from the address that it began to try at `start_us`: to another one of the name, this
 * attempt's at the latest. */
static int64_t went_on_us(const struct search *s, int64_t start_us)
{
    int64_t next_us = s->attempt->syn.ts_us;
    for (int i = 0; i < NAME_TRIES; i++) {
        const int64_t other_us = s->tries->tried[i].start_us;
        if (other_us > start_us && other_us < next_us && is_listed(s, &s->tries->tried[i].key.server) &&
            may_be_same_client(&s->tries->tried[i].key, &s->attempt->key))
            next_us = other_us;
    }
    return next_us;
}

static void take_cost(const struct search *s, struct other_address *other)
{
    int64_t start_us = 0;
    for (int i = 0; i < NAME_TRIES; i++)
        if (address_equal(&s->tries->tried[i].key.server, &other->address) &&
            may_be_same_client(&s->tries->tried[i].key, &s->attempt->key) &&
            s->tries->tried[i].start_us < s->attempt->syn.ts_us && s->tries->tried[i].start_us > start_us)
            start_us = s->tries->tried[i].start_us;
    if (!start_us || other->state == PORT_OPEN)
        return;
    const int64_t cost_us = went_on_us(s, start_us) - start_us;
    const bool answered = other->state == PORT_REFUSES || other->state == PORT_REJECTS;
    if (cost_us <= (answered ? REFUSED_TRY_US : LONGEST_TRY_US))
        other->cost_us = cost_us;
}

unsigned name_tries_others(struct name_tries *tries, const struct resolved_names *names, const struct hosts *hosts,
                           const struct attempt *attempt)
{
    struct search search = {tries, hosts, attempt, 0};
    resolved_all(names, take_name, &search);
    for (unsigned i = 0; i < search.count; i++)
        take_cost(&search, &tries->found[i]);
    return search.count;
}
