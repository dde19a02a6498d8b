/* Dice that fall the same way each time: for tests that make frames at random. */
#ifndef TEST_RANDOM_FRAMES_H
#define TEST_RANDOM_FRAMES_H

#include <stdint.h>

#include "put.h"

struct dice {
    uint64_t state;
};

/* splitmix64 */
static inline uint32_t roll(struct dice *dice, uint32_t sides)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return (uint32_t)((z ^ z >> 31) % sides);
}

#endif
