/* Names with several addresses: ssh tries one after the other, and what the first ones cost shows only later. Who of a
 * name's addresses was tried, and when. Bounded: the latest tries are kept. */
#ifndef TRACK_NAME_TRIES_H
#define TRACK_NAME_TRIES_H

#include <sshsniff/host.h>

#include "hosts.h"
#include "resolved_names.h"

enum { NAME_TRIES = 64 };

struct name_tries {
    struct {
        struct flow_key key;
        int64_t start_us;
    } tried[NAME_TRIES];
    uint32_t next;
    struct other_address found[OTHER_ADDRESSES]; /* of the attempt that is handed over */
};

/* A first SYN to an address that a name led to. */
void name_tries_note(struct name_tries *tries, const struct flow_key *key, int64_t start_us);

/* The other addresses of the name or names that have this attempt's: fills `found` and returns how many. */
unsigned name_tries_others(struct name_tries *tries, const struct resolved_names *names, const struct hosts *hosts,
                           const struct attempt *attempt);

#endif
