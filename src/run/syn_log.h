/* The SYNs that came lately, so that one can say how many of them a counter may have counted between two readings. */
#ifndef RUN_SYN_LOG_H
#define RUN_SYN_LOG_H

#include <sshsniff/attempt.h>

enum { SYN_LOG = 4096 };

struct syn_log_entry {
    int64_t ts_us;
    uint64_t tuple; /* a hash of its four-tuple */
};

/* All zero: nothing came. */
struct syn_log {
    struct syn_log_entry entry[SYN_LOG];
    uint64_t added;   /* in all; the last SYN_LOG of them are kept */
    int64_t since_us; /* from when on all are known; 0: not yet */
};

/* From now on all that come are noted. */
void syn_log_begin(struct syn_log *log, int64_t now_us);

/* Notes one. False: it is a second sighting of the same frame, on another interface. */
bool syn_log_note(struct syn_log *log, const struct flow_key *key, int64_t ts_us);

/* True where one of that four-tuple came lately. */
bool syn_log_has(const struct syn_log *log, const struct flow_key *key);

/* How many came after `from_us` and up to `to_us`, of that four-tuple and of all others. False: not all of that time
 * is known. */
bool syn_log_count(const struct syn_log *log, const struct flow_key *key, int64_t from_us, int64_t to_us, uint32_t *own,
                   uint32_t *others);

/* True where one came so near to that moment that it cannot be said on which side of it it was counted. */
bool syn_log_is_near(const struct syn_log *log, int64_t at_us);

#endif
