/* Which addresses come most often in a stream of more addresses than can be counted: Space-Saving (Metwally, Agrawal
 * and El Abbadi, "Efficient computation of frequent and top-k elements in data streams", ICDT 2005) with the filter of
 * Homem and Carvalho ("Finding top-k elements in data streams", Information Sciences 180, 2010).
 *
 * Each address has a row while there are rows: until then all counts are exact. After that an address without a row is
 * only counted together with others, those of one hash. Once they have come as often as the address of the least
 * count, the next of them takes that one's row: its count goes on from theirs, of which none need be its own. So a
 * count is never too small, and too large by its `error` at most.
 *
 * Most of a flood's addresses come once. They cost the filter's count and no more; without it each would take a row.
 *
 * Rows of the same count are in one group, and the groups in order of their counts, so that each step takes the same
 * time however many rows there are (the "stream summary" of Metwally and others). */
#ifndef REPORT_HEAVY_HITTERS_H
#define REPORT_HEAVY_HITTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/address.h>

#include "base/keyed_hash.h"

enum {
    HITTERS = 1024,
    HITTER_NONE = HITTERS,
    HITTER_HOMES = 4 * HITTERS,
    FILTER_BITS = 14,
};

/* Rows and groups name each other by their place + 1; 0: none. */
struct hitter {
    struct address address;
    uint64_t error;
    uint16_t home, same_home; /* the list of its hash */
    uint16_t group, before, after;
};

struct hitter_group {
    uint64_t count;
    uint16_t first;      /* of its rows */
    uint16_t less, more; /* the groups beside it; in a free one, `more` is the next free one */
};

/* Addresses of one filter_place. It alone is looked at for most of a flood's. */
struct hitter_filter {
    uint32_t without_row; /* how often those without a row came, at most, all together; never above the least count */
    uint32_t rows;        /* how many have one */
};

/* All zero but for `hash_key`: nothing has come yet. */
struct heavy_hitters {
    struct hash_key hash_key; /* so that nobody can choose addresses that collide */
    uint32_t used;            /* rows */
    bool full;                /* an address was left without a row: counts have errors from here on */
    uint16_t least, free_group, groups_used;
    uint16_t home[HITTER_HOMES]; /* the first row of each hash */
    struct hitter_filter filter[1 << FILTER_BITS];
    uint64_t without_row_most; /* the least count; 0 as long as there are rows for all */
    struct hitter row[HITTERS];
    struct hitter_group group[HITTERS];
};

/* How often the row's address came at most; less by up to its `error`. */
static inline uint64_t hitters_count(const struct heavy_hitters *hitters, uint32_t row)
{
    return hitters->group[hitters->row[row].group - 1].count;
}

/* Which place in the filter is this address's. No secret is in it, as in the hash that finds rows: whoever chooses
 * addresses to collide here makes errors larger, which shows, and the same capture must give the same counts. Fibonacci
 * hashing: the product's highest bits are those that all bits of the address reach. */
static inline uint32_t filter_place(const struct address *address)
{
    uint64_t halves[2];
    memcpy(halves, address->bytes, sizeof halves);
    return (uint32_t)((halves[0] ^ halves[1]) * 0x9e3779b97f4a7c15ULL >> (64 - FILTER_BITS));
}

/* Has the processor fetch what hitters_add will look at, which under a flood is in no cache. */
static inline void hitters_prefetch(const struct heavy_hitters *hitters, const struct address *address)
{
    __builtin_prefetch(&hitters->filter[filter_place(address)], 1);
}

/* What an address that came got. */
struct hitter_place {
    uint32_t row; /* or HITTER_NONE */
    bool taken;   /* just now: it is new, or was another's */
};

/* As hitters_add; `filter`: of the address. */
struct hitter_place hitters_add_whole(struct heavy_hitters *hitters, const struct address *address,
                                      struct hitter_filter *filter, bool counts);

/* The address has come once more. With `counts` false nothing is counted, and it takes an empty row but none of
 * another.
 *
 * Inline is what a flood of addresses that come once needs. */
static inline struct hitter_place hitters_add(struct heavy_hitters *hitters, const struct address *address, bool counts)
{
    struct hitter_filter *filter = &hitters->filter[filter_place(address)];
    if (!filter->rows && counts && filter->without_row < hitters->without_row_most) {
        filter->without_row++;
        return (struct hitter_place){HITTER_NONE, false};
    }
    if (!filter->rows && !counts && hitters->used == HITTERS) {
        hitters->full = true;
        return (struct hitter_place){HITTER_NONE, false};
    }
    return hitters_add_whole(hitters, address, filter, counts);
}

#endif
