/* Numbers that are the same in every run. */
#ifndef HOSTILE_RANDOM_H
#define HOSTILE_RANDOM_H

#include <stdint.h>

/* SplitMix64 (Steele, Lea, Flood, 2014). */
static inline uint32_t random_below(uint64_t *state, uint64_t below)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return below ? (uint32_t)((x ^ x >> 31) % below) : 0;
}

static inline uint64_t random_seed(const char *name, uint64_t salt)
{
    uint64_t state = salt;
    for (; *name; name++)
        state = state * 1099511628211ULL + (unsigned char)*name;
    return state;
}

#endif
