#include "legs.h"

#include <sshsniff/header_fields.h>

#include "attempt_facts.h"

#define LINK_AT offsetof(struct leg_set, link)

size_t legs_bytes_of_one(void)
{
    return sizeof(struct leg_set);
}

void legs_init(struct legs *legs, uint32_t most, const struct hash_key *hash_key, uint32_t *failures)
{
    memset(legs, 0, sizeof *legs);
    legs->most = most;
    legs->hash_key = hash_key;
    legs->failures = failures;
}

void legs_destroy(struct legs *legs)
{
    if (!legs->made)
        return;
    pool_destroy(&legs->sets);
    index_destroy(&legs->index);
}

/* ---- Knowing a SYN again ---- */

/* Linux has its time stamp right there, BSD and macOS up to the last byte of it. */
static uint64_t options_word(const uint8_t *tcp, size_t captured)
{
    enum { AT = 28, DATA_OFFSET = 12 };
    uint64_t word = 0;
    const size_t header = captured > DATA_OFFSET ? (size_t)(tcp[DATA_OFFSET] >> 4) * 4 : 0;
    if (header >= AT + sizeof word && captured >= AT + sizeof word)
        memcpy(&word, tcp + AT, sizeof word);
    return word;
}

struct syn_trait syn_trait_of(const struct packet *syn)
{
    const struct tcp_view *tcp = &syn->tcp;
    return (struct syn_trait){
        .key = {syn->src, syn->dst, tcp->src_port, tcp->dst_port},
        .ts_us = syn->ts_us,
        .options = options_word(tcp->header, tcp->header_captured),
        .seq = tcp->seq,
        .id = !packet_tells(syn, FIELD_IP_ID | FIELD_LABEL) ? 0
              : syn->ip_version == 4                        ? syn->ip_id
                                                            : syn->flow_label,
        .window = packet_tells(syn, FIELD_WINDOW) ? tcp->window : 0,
        .ttl = packet_tells(syn, FIELD_TTL) ? syn->ttl : 0,
        .direction = (uint8_t)syn->direction,
        .sum_is_bad = packet_tcp_checksum(syn) == CHECKSUM_BAD,
    };
}

static bool is_same_end(const struct address *a, uint16_t a_port, const struct address *b, uint16_t b_port)
{
    return a_port == b_port && address_equal(a, b);
}

/* A scan's SYNs for many ports may have one sequence number, so that alone shows nothing. What a machine passes on
 * comes in and leaves; where directions are not known, or it passed this machine again after it had left it, it must
 * have lost one of its TTL and kept a time stamp. */
static bool passed_on(const struct syn_trait *first, const struct syn_trait *next)
{
    const struct flow_key *a = &first->key, *b = &next->key;
    const bool same_options = first->options && first->options == next->options;
    const bool half = is_same_end(&a->client, a->client_port, &b->client, b->client_port) ||
                      is_same_end(&a->server, a->server_port, &b->server, b->server_port);
    const int lost = first->ttl - next->ttl;
    if (first->direction == DIRECTION_IN && next->direction == DIRECTION_OUT)
        return (half || same_options) && (lost == 0 || lost == 1);
    const bool by_another = first->direction == DIRECTION_OUT && next->direction != DIRECTION_OUT;
    const bool unknown = first->direction == DIRECTION_UNKNOWN && next->direction == DIRECTION_UNKNOWN;
    const bool ttl_told = first->ttl || next->ttl; /* text may lack it */
    return (unknown || by_another) && same_options && (lost == 1 || !ttl_told);
}

bool legs_follows(const struct syn_trait *before, const struct packet *syn)
{
    const struct syn_trait next = syn_trait_of(syn);
    const int64_t later_us = next.ts_us - before->ts_us;
    const bool alike = next.seq == before->seq && next.id == before->id && next.window == before->window &&
                       address_is_ipv4(&next.key.client) == address_is_ipv4(&before->key.client);
    return alike && later_us >= 0 && later_us < SAME_SYN_US && passed_on(before, &next);
}

/* ---- The table ---- */

/* The same for both directions. */
static uint32_t hash_of(const struct legs *legs, const struct flow_key *key)
{
    return hash_flow(hash_address(&key->client, legs->hash_key), key->client_port,
                     hash_address(&key->server, legs->hash_key), key->server_port, legs->hash_key);
}

static bool is_between(const struct flow_key *leg, const struct flow_key *key)
{
    return (is_same_end(&leg->client, leg->client_port, &key->client, key->client_port) &&
            is_same_end(&leg->server, leg->server_port, &key->server, key->server_port)) ||
           (is_same_end(&leg->client, leg->client_port, &key->server, key->server_port) &&
            is_same_end(&leg->server, leg->server_port, &key->client, key->client_port));
}

struct leg_set *legs_search(const struct legs *legs, const struct flow_key *key)
{
    const uint32_t hash = hash_of(legs, key);
    uint32_t cursor = hash & legs->index.mask, id;
    while ((id = index_next(&legs->index, hash, &cursor)) != POOL_NONE) {
        struct leg_set *set = pool_at(&legs->sets, id);
        for (unsigned i = 0; i < set->count; i++)
            if (is_between(&set->leg[i], key))
                return set;
    }
    return NULL;
}

void legs_forget(struct legs *legs, struct leg_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        index_remove(&legs->index, hash_of(legs, &set->leg[i]), set->id);
    list_remove(&legs->queue, &legs->sets, LINK_AT, set->id);
    set->count = 0;
    set->syn_number = 0;
    pool_give(&legs->sets, set->id);
}

static bool make(struct legs *legs)
{
    if (legs->made)
        return true;
    ++*legs->failures;
    if (!pool_init(&legs->sets, sizeof(struct leg_set), legs->most))
        return false;
    if (!index_init(&legs->index)) {
        pool_destroy(&legs->sets);
        return false;
    }
    --*legs->failures;
    legs->sets.failures = legs->index.failures = legs->failures;
    legs->made = true;
    return true;
}

static struct leg_set *new_set(struct legs *legs, const struct attempt *attempt)
{
    if (!make(legs))
        return NULL;
    if (legs->sets.in_use == legs->most)
        legs_forget(legs, pool_at(&legs->sets, legs->queue.head - 1));
    const uint32_t id = pool_take(&legs->sets);
    if (id == POOL_NONE)
        return NULL;
    struct leg_set *set = pool_at(&legs->sets, id);
    set->attempt = attempt->key;
    set->syn_number = attempt->syn.number;
    set->isn = attempt->syn.seq;
    set->id = id;
    list_append(&legs->queue, &legs->sets, LINK_AT, id);
    return set;
}

static struct leg_set *find_set(const struct legs *legs, uint32_t id, const struct attempt *attempt)
{
    if (!id || !legs->made || id > legs->sets.used)
        return NULL;
    struct leg_set *set = pool_at(&legs->sets, id - 1);
    return set->count && set->syn_number == attempt->syn.number && is_between(&set->attempt, &attempt->key) ? set
                                                                                                            : NULL;
}

const struct leg_set *legs_of(const struct legs *legs, uint32_t id, const struct attempt *attempt)
{
    return find_set(legs, id, attempt);
}

uint32_t legs_add(struct legs *legs, uint32_t id, const struct attempt *attempt, const struct flow_key *leg)
{
    struct leg_set *set = find_set(legs, id, attempt);
    if (!set)
        set = new_set(legs, attempt);
    if (!set || set->count == MOST_LEGS || !index_insert(&legs->index, hash_of(legs, leg), set->id))
        return 0;
    set->leg[set->count++] = *leg;
    return set->id + 1;
}
