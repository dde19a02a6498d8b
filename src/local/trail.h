/* What is kept of earlier readings, so that one can tell whether a fact held when a packet came. Times are microseconds
 * on the wall clock, which is the clock of captured packets. */
#ifndef LOCAL_TRAIL_H
#define LOCAL_TRAIL_H

#include <sshsniff/local.h>

/* How long a thing has been as it was read last. */
struct local_span {
    int64_t since_us;   /* the first reading that found it so; where the kernel tells of changes, its last word */
    int64_t checked_us; /* the last reading that did, or up to when no change was told; 0: it was not read */
    int64_t before_us;  /* the last reading that found it otherwise; 0: none did */
};

enum { LOCAL_TALLIES = 8 };

/* A count, as it was read from time to time: the oldest first. */
struct local_tally {
    int64_t us;
    uint64_t value;
};
struct local_trail {
    struct local_tally at[LOCAL_TALLIES];
    uint32_t count;
};

/* Adds a reading; the oldest goes where there is no room. */
static inline void local_trail_add(struct local_trail *trail, int64_t us, uint64_t value)
{
    if (trail->count == LOCAL_TALLIES) {
        for (unsigned i = 1; i < LOCAL_TALLIES; i++)
            trail->at[i - 1] = trail->at[i];
        trail->count--;
    }
    trail->at[trail->count++] = (struct local_tally){us, value};
}

/* What is read again and again while attempts fail, and is quick to read. */
struct local_sighting {
    struct local_sockets sockets;
    struct local_rules rules;
    struct local_span listener; /* of the socket that takes SYNs for the address and port asked for, or of nobody */
    struct local_span walk;     /* of the rules */
    struct local_trail rule;    /* the deciding rule's counter */
    struct local_trail overflows, conntrack_drops;
    uint64_t conntrack, conntrack_max;
};

#endif
