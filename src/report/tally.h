/* Counts for the summary, in bounded memory however many hosts a capture shows. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <sshsniff/attempt.h>
#include <sshsniff/cause.h>

#include "heavy_hitters.h"

struct tally_row {
    uint64_t attempts, failures; /* since it has the row */
    uint8_t first;               /* the first one's cause */
};

/* Of which causes one host's attempts were. Most of a scan's hosts have one attempt: then this is not written. */
struct tally_causes {
    uint64_t count[CAUSE_COUNT];
};

/* The hosts of one side of the attempts. Scans are counted but take no host's row: they are nobody's login, and often
 * come from more addresses than all logins together. A name that never resolved leads to no host: then the address is
 * none, which has a row like others and is left out by those who ask. */
struct tally_hosts {
    struct heavy_hitters hitters;
    struct tally_row row[HITTERS];
    struct tally_causes causes[HITTERS];
};

/* All zero but for the hitters' hash keys: nothing has come yet. */
struct tally {
    bool without_hosts; /* only what is true of all */
    uint64_t attempts, failures, scanned;
    uint64_t causes[CAUSE_COUNT];
    struct tally_hosts servers, clients;
};

void tally_add(struct tally *tally, const struct flow_key *key, enum cause cause);

/* One host of a tally. While `error` is 0, the counts are exact; else there may be up to so many attempts more, scans
 * apart. */
struct tally_host {
    const struct address *address;
    uint64_t attempts, failures, error;
    uint32_t row;
};

/* Up to `max` hosts: most failures first, then most attempts, then by address, so that the order does not depend on
 * the hash. Returns how many. `failed_only`: none without a failure. */
size_t tally_top(const struct tally_hosts *hosts, bool failed_only, struct tally_host *out, size_t max);

/* How many of its attempts had this cause. */
uint64_t tally_of_host(const struct tally_hosts *hosts, const struct tally_host *host, enum cause cause);

/* How many hosts have a failure, of those that have a row. */
size_t tally_hosts_failed(const struct tally_hosts *hosts);

#endif
