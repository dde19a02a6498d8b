/* Who traces a path with SYNs: traceroute -T, mtr -T and others send them with one small TTL after another. */
#ifndef TRACK_TRACES_H
#define TRACK_TRACES_H

#include <sshsniff/attempt.h>

enum { TRACES = 64 }; /* clients kept; who shares a place with another takes it */

/* A client, the port that it traces, and the TTLs that it sent there in the last seconds, a bit for each. */
struct trace {
    struct address client, server;
    uint16_t server_port;
    uint16_t window; /* of the last SYN with a small TTL, and its options */
    struct syn_shape shape;
    int64_t last_us;
    uint64_t ttls[4];
};

struct traces {
    int noted_up_to; /* SYNs with larger TTLs are nothing to be noted; -1: none is */
    bool used;
    struct trace place[TRACES];
};

/* `ignored`: nobody's are looked for. */
void traces_init(struct traces *traces, bool ignored);

/* Whether a SYN with this TTL has to be noted: a small one, or any once somebody traces. */
static inline bool traces_concern(const struct traces *traces, uint8_t ttl)
{
    return ttl <= traces->noted_up_to;
}

/* Notes a SYN. True where its TTL is next to others of its client's trace to this port. */
bool traces_note(struct traces *traces, const struct flow_key *key, const struct packet *syn);

/* Its client traces this port with SYNs that look as this one, and no kernel's do: the trace's own tool sent it, if
 * with a full TTL. Asked once all is seen, for tools begin with such SYNs. */
bool traces_same_tool(const struct traces *traces, const struct attempt *attempt);

/* Whether that has to be asked of a client's SYN to a port: whether it traces it. */
bool traces_lists(const struct traces *traces, const struct flow_key *key);
static inline bool traces_known(const struct traces *traces, const struct flow_key *key)
{
    return traces->used && traces_lists(traces, key);
}

#endif
