/* How many of each thing the tracker keeps. */
#ifndef TRACK_TABLE_LIMITS_H
#define TRACK_TABLE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct table_limits {
    uint32_t attempts; /* whole and compact ones together */
    uint32_t answers, connections, dialogues, refusals, hosts, histories, identities, localities, leg_sets, held;
    size_t stream_bytes; /* of the dialogues' clear bytes, all together */
};

#endif
