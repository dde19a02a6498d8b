/* Who traces a path with SYNs: traceroute -T, mtr -T and others send them with one small TTL after another. */
#ifndef TRACK_TRACES_H
#define TRACK_TRACES_H

#include <sshsniff/attempt.h>

enum { TRACES = 64 }; /* clients kept; who shares a place with another takes it */

/* A client, the port that it traces, and the TTLs that it sent there in the last seconds, a bit for each. */
struct trace {
    struct address client, server;
    uint16_t server_port;
    int64_t last_us;
    uint64_t ttls[4];
};

struct traces {
    bool used;
    struct trace place[TRACES];
};

/* Whether a SYN with this TTL has to be noted: a small one, or any once somebody traces. */
static inline bool traces_concern(const struct traces *traces, uint8_t ttl)
{
    return ttl <= SMALL_TTL || traces->used;
}

/* Notes a SYN. True where its TTL is next to others of its client's trace to this port. */
bool traces_note(struct traces *traces, const struct flow_key *key, uint8_t ttl, int64_t ts_us);

#endif
