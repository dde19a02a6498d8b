/* A few counts of this network namespace, quickly. */
#ifndef LOCAL_COUNTS_H
#define LOCAL_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct local_counts {
    bool overflows_known, drops_known;
    uint64_t overflows;                /* ListenOverflows */
    uint64_t conntrack_drops;          /* connections that were not tracked for want of room */
    uint64_t conntrack, conntrack_max; /* 0: no connection tracking */
};

void local_counts_read(struct local_counts *out);

/* For tests: a count of /proc/net/netstat by its name, and a column's sum of /proc/net/stat/nf_conntrack (hexadecimal).
 */
bool local_counts_netstat(const char *text, const char *name, uint64_t *out);
bool local_counts_column(const char *text, const char *name, uint64_t *out);

#endif
