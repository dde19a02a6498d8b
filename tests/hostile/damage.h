/* What is done to a capture. Each takes one capture and does one kind of damage to it, in all the ways that `depth`
 * asks for. */
#ifndef HOSTILE_DAMAGE_H
#define HOSTILE_DAMAGE_H

#include "capture.h"
#include "file_at_hand.h"

struct depth {
    unsigned flips;    /* rounds of flipped bytes for each capture */
    unsigned shuffles; /* rounds of each disorder for each capture */
    bool thorough;
};

/* The file cut at every header boundary of every frame, and a byte to either side; thorough: of frames alike, too. */
void damage_truncate(const struct capture *c, struct file_at_hand *file, bool thorough);
/* Every frame cut to the same length, as by a snaplen. */
void damage_snaplen(const struct capture *c);
void damage_flip(const struct capture *c, struct file_at_hand *file, unsigned rounds);
/* Frames lost, doubled, and out of order. */
void damage_shuffle(const struct capture *c, unsigned rounds);

#endif
