/* The trail: outlines of an attempt's packets, while somebody wants to draw them. Blocks of a bounded pool hold them;
 * where it is used up, the trail goes that was touched longest ago, of attempts that were handed over first. */
#ifndef TRACK_TRAIL_H
#define TRACK_TRAIL_H

#include <sshsniff/attempt.h>
#include <sshsniff/packet.h>
#include <sshsniff/trail.h>

#include "base/list.h"
#include "base/pool.h"

#define TRAIL_BYTES ((size_t)16 << 20) /* of all trails, at most */

struct trails {
    bool wanted;
    struct pool records, blocks;
    struct list open, told; /* of records, the longest untouched first */
    struct trail trail;     /* the one that was asked for last */
};

/* `bytes`: what all trails may take, TRAIL_BYTES at most. False when memory is out. */
bool trails_init(struct trails *trails, size_t bytes);
void trails_destroy(struct trails *trails);
size_t trails_bytes(const struct trails *trails);

/* A trail is known by an id that its attempt keeps: 0 at first. A packet was recorded on the attempt. */
void trail_note(struct trails *trails, uint32_t *trail_id, const struct attempt *attempt, const struct packet *packet);
/* The attempt was handed over. */
void trail_told(struct trails *trails, uint32_t trail_id);
void trail_drop(struct trails *trails, uint32_t trail_id);

/* Valid until the next call. NULL: none was kept, or it had to go. */
const struct trail *trail_of(struct trails *trails, uint32_t trail_id, const struct attempt *attempt);

#endif
