/* The tables under the tracker, held against naive models by random operations with a fixed seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash_index.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "track/hosts.h"
#include <sshsniff/tracker.h>

static uint64_t random_state;

static uint32_t next_random(uint32_t below)
{
    random_state += 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(hash_bytes(&random_state, sizeof random_state, &hash_key_fixed) % below);
}

struct thing {
    struct list_link link;
    uint64_t value;
    uint8_t rest[40];
};

static void pool_gives_what_it_took(void **state)
{
    enum { LIMIT = 20000, OPERATIONS = 200000 };
    struct pool pool;
    uint32_t *held = calloc(LIMIT, sizeof *held), count = 0, most = 0;
    (void)state;
    random_state = 1;
    assert_non_null(held);
    assert_true(pool_init(&pool, sizeof(struct thing), LIMIT));
    for (int i = 0; i < OPERATIONS; i++) {
        if (next_random(100) < 60) {
            uint32_t id = pool_take(&pool);
            if (count == LIMIT) {
                assert_int_equal(id, POOL_NONE);
                continue;
            }
            assert_int_not_equal(id, POOL_NONE);
            struct thing *thing = pool_at(&pool, id);
            static const struct thing zero;
            assert_memory_equal(thing, &zero, sizeof zero);
            memset(thing, 0xee, sizeof *thing);
            thing->value = id;
            held[count++] = id;
            most = count > most ? count : most;
        } else if (count) {
            uint32_t at = next_random(count);
            assert_int_equal(((struct thing *)pool_at(&pool, held[at]))->value, held[at]);
            pool_give(&pool, held[at]);
            held[at] = held[--count];
        }
        assert_int_equal(pool.in_use, count);
    }
    assert_int_equal(most, LIMIT);
    assert_true(pool_bytes(&pool) >= LIMIT * sizeof(struct thing));
    assert_true(pool_bytes(&pool) < LIMIT * sizeof(struct thing) * 2 + (1u << 20));
    pool_destroy(&pool);
    free(held);
}

/* Larger than one huge page: it is zero where nothing was put and keeps what was; twice, for the second pool has the
 * first one's range. */
static void large_pool_is_zero_and_keeps_what_was_put_in(void **state)
{
    enum { LIMIT = 1 << 18 }; /* 18 MB */
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct pool pool;
        assert_true(pool_init(&pool, sizeof(struct thing), LIMIT));
        for (uint32_t i = 0; i < LIMIT; i++) {
            static const struct thing zero;
            assert_int_equal(pool_take(&pool), i);
            assert_memory_equal(pool_at(&pool, i), &zero, sizeof zero);
            memset(pool_at(&pool, i), 0xee, sizeof zero);
            ((struct thing *)pool_at(&pool, i))->value = i;
        }
        assert_int_equal(pool_take(&pool), POOL_NONE);
        for (uint32_t i = 0; i < LIMIT; i++)
            assert_int_equal(((struct thing *)pool_at(&pool, i))->value, i);
        pool_destroy(&pool);
    }
}

/* Grown past the size where its slots are in huge pages. */
static void large_index_finds_what_was_put_in(void **state)
{
    enum { MANY = 300000 };
    struct index index;
    (void)state;
    assert_true(index_init(&index));
    for (uint32_t i = 0; i < MANY; i++)
        assert_true(index_insert(&index, (uint32_t)hash_bytes(&i, sizeof i, &hash_key_fixed), i));
    for (uint32_t i = 0; i < MANY; i++) {
        const uint32_t hash = (uint32_t)hash_bytes(&i, sizeof i, &hash_key_fixed);
        uint32_t cursor = hash & index.mask, id;
        while ((id = index_next(&index, hash, &cursor)) != i)
            assert_int_not_equal(id, POOL_NONE);
    }
    index_destroy(&index);
}

/* The model: which ids are stored under which hash. */
enum { INDEX_IDS = 3000 };

static uint32_t ids_under(const struct index *index, uint32_t hash, uint32_t wanted)
{
    uint32_t cursor = hash & index->mask, id, found = 0;
    while ((id = index_next(index, hash, &cursor)) != POOL_NONE)
        found += id == wanted;
    return found;
}

static void index_finds_what_was_put_in(void **state)
{
    static uint32_t hash_of[INDEX_IDS];
    static bool in[INDEX_IDS];
    struct index index;
    uint32_t count = 0;
    (void)state;
    random_state = 2;
    assert_true(index_init(&index));
    for (int i = 0; i < 60000; i++) {
        uint32_t id = next_random(INDEX_IDS);
        if (in[id]) {
            index_remove(&index, hash_of[id], id);
            assert_int_equal(ids_under(&index, hash_of[id], id), 0);
            count--;
        } else {
            /* Few distinct hashes, near each other and at the end of the table, make long runs that wrap around. */
            hash_of[id] = next_random(2) ? 0xfffffff0u + next_random(16) : next_random(64) * 0x01000193u;
            assert_true(index_insert(&index, hash_of[id], id));
            count++;
        }
        in[id] = !in[id];
        assert_int_equal(index.used, count);
        uint32_t other = next_random(INDEX_IDS);
        if (in[other])
            assert_int_equal(ids_under(&index, hash_of[other], other), 1);
    }
    for (uint32_t id = 0; id < INDEX_IDS; id++)
        if (in[id])
            assert_int_equal(ids_under(&index, hash_of[id], id), 1);
    index_remove(&index, 12345, INDEX_IDS + 1); /* never put in: nothing happens */
    assert_int_equal(index.used, count);
    index_destroy(&index);
}

static void queue_keeps_order(void **state)
{
    enum { THINGS = 500 };
    struct pool pool;
    struct list queue = {0};
    uint32_t model[THINGS], count = 0;
    bool in[THINGS] = {false};
    (void)state;
    random_state = 3;
    assert_true(pool_init(&pool, sizeof(struct thing), THINGS));
    for (uint32_t i = 0; i < THINGS; i++)
        assert_int_equal(pool_take(&pool), i);
    for (int i = 0; i < 20000; i++) {
        uint32_t id = next_random(THINGS), at = 0;
        if (in[id]) {
            while (model[at] != id)
                at++;
            memmove(model + at, model + at + 1, (--count - at) * sizeof *model);
            list_remove(&queue, &pool, offsetof(struct thing, link), id);
        } else {
            model[count++] = id;
            list_append(&queue, &pool, offsetof(struct thing, link), id);
        }
        in[id] = !in[id];
        assert_int_equal(queue.count, count);
        if (i % 50)
            continue;
        uint32_t walk = queue.head;
        for (at = 0; at < count; at++) {
            assert_int_equal(walk, model[at] + 1);
            walk = ((struct thing *)pool_at(&pool, walk - 1))->link.after;
        }
        assert_int_equal(walk, 0);
        assert_int_equal(queue.tail, count ? model[count - 1] + 1 : 0);
    }
    pool_destroy(&pool);
}

static void ports_are_read_strictly(void **state)
{
    static struct port_set set;
    static const char *const bad[] = {"",      "0",   "65536",  "22,",  ",22",    "22-",         "-22",  "23-22",
                                      "22 ",   " 22", "22,,23", "ssh",  "22-0x5", "22-99999",    "+22",  "1-2-3",
                                      "22;23", "2.2", "22,a",   "22-a", "0-5",    "99999999999", "22\n", "4294967318"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (port_set_parse(&set, bad[i]))
            fail_msg("accepted: '%s'", bad[i]);
    assert_true(port_set_parse(&set, "22,2222,22000-22100"));
    for (unsigned port = 0; port < 65536; port++) {
        bool wanted = port == 22 || port == 2222 || (port >= 22000 && port <= 22100);
        assert_int_equal(port_set_has(&set, (uint16_t)port), wanted);
    }
    assert_true(port_set_parse(&set, "65535,1"));
    assert_true(port_set_has(&set, 65535) && port_set_has(&set, 1) && !port_set_has(&set, 22));
    assert_true(port_set_parse(&set, "1-65535"));
    assert_true(port_set_has(&set, 65535) && port_set_has(&set, 1) && !port_set_has(&set, 0));
}

static struct address numbered(uint8_t net, uint32_t number)
{
    const uint8_t four[4] = {net, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return address_from_ipv4(four);
}

static struct host *no_syn_only(void *context, uint32_t id, const struct address *address)
{
    (void)context;
    (void)id;
    (void)address;
    return NULL;
}

/* A node of a cluster has thousands of addresses; a scan brings more hosts than are kept. */
static void own_addresses_are_never_forgotten(void **state)
{
    enum { OTHERS = 100, OWN = 5000, SCANNERS = 20000 };
    struct hosts hosts;
    size_t count, own = 0;
    (void)state;
    assert_true(hosts_init(&hosts, OTHERS + OWN, &hash_key_fixed, no_syn_only, NULL));
    for (uint32_t i = 0; i < OWN; i++) {
        struct address a = numbered(10, i);
        assert_true(hosts_add_local(&hosts, &a));
        assert_true(hosts_add_local(&hosts, &a)); /* on a second interface */
    }
    for (uint32_t i = 0; i < SCANNERS; i++) {
        struct address a = numbered(11, i);
        struct host *host = hosts_get(&hosts, &a, i);
        assert_non_null(host);
        assert_false(host->local);
        host_learn(&hosts, host, i, NULL);
    }
    for (uint32_t i = 0; i < OWN; i++) {
        struct address a = numbered(10, i);
        struct host *host = hosts_find(&hosts, &a);
        assert_true(host && host->local);
        host_learn(&hosts, host, SCANNERS, NULL); /* it speaks up, which moves others to another queue */
    }
    struct host **all = hosts_list(&hosts, &count);
    for (size_t i = 0; i < count; i++)
        own += all[i]->local;
    assert_int_equal(own, OWN);
    assert_true(count > OWN && count <= OWN + OTHERS);
    free(all);
    hosts_destroy(&hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_gives_what_it_took),
        cmocka_unit_test(large_pool_is_zero_and_keeps_what_was_put_in),
        cmocka_unit_test(large_index_finds_what_was_put_in),
        cmocka_unit_test(index_finds_what_was_put_in),
        cmocka_unit_test(queue_keeps_order),
        cmocka_unit_test(ports_are_read_strictly),
        cmocka_unit_test(own_addresses_are_never_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
