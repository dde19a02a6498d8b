/* Counts for the summary, in bounded memory however many hosts a capture shows. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <sshsniff/verdict.h>

#define TALLY_SETS 512
#define TALLY_WAYS 4

struct tally_host {
    struct address address;
    uint64_t attempts, failures; /* attempts 0: free */
};

/* Of which causes one host's attempts were. Most of a scan's hosts have one attempt: then `counts` is not written. */
struct tally_causes {
    uint8_t first;
    uint32_t counts[CAUSE_COUNT]; /* from the second attempt on */
};

struct tally {
    bool without_hosts; /* only what is true of all */
    uint64_t attempts, failures;
    uint64_t causes[CAUSE_COUNT];
    /* Each address has its set; in a full one the host with the fewest failures makes room. */
    struct tally_host hosts[TALLY_SETS * TALLY_WAYS];
    struct tally_causes of_hosts[TALLY_SETS * TALLY_WAYS];
    bool hosts_left_out;
};

void tally_add(struct tally *tally, const struct address *server, enum cause cause);

/* How many of its attempts had this cause. `host` is one of the tally's own. */
uint32_t tally_of_host(const struct tally *tally, const struct tally_host *host, enum cause cause);

/* Up to `max` hosts, most failures first; returns how many. Hosts without a failure are not among them. */
size_t tally_top(const struct tally *tally, const struct tally_host **out, size_t max);

#endif
