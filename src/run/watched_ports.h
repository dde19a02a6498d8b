/* The ports that the live filter lets through whole: those given or found at the start, and those where SSH is heard.
 *
 * The filter takes of every port what opens and ends connections, and segments that begin with "SSH-". So a banner is
 * heard anywhere, and what follows it is not, until its port is watched too. A server's banner is enough for good. A
 * client's is not: anybody can send one to a busy web server, and its port would then cost as much as that traffic is.
 * So it is watched for some seconds, in which a server of SSH has said its own banner; after several trials in vain the
 * port has none. */
#ifndef RUN_WATCHED_PORTS_H
#define RUN_WATCHED_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/tracker.h>

/* Few enough for the filter to name each (kernel_filter.c RUNS_MAX): whoever holds both ends of connections could
 * otherwise have it take all traffic. */
enum { PORT_TRIALS = 16, PORTS_LEARNED = 24 };

struct port_trial {
    uint16_t port; /* 0: free */
    int64_t until_us;
};

/* Zeroed but for `ports` is a good beginning. */
struct watched_ports {
    struct port_set ports;
    struct port_trial trial[PORT_TRIALS];
    uint8_t in_vain[65536];  /* trials of each port that no server answered */
    uint32_t refused[65536]; /* SYNs that a RST answered, at ports that are not watched */
    unsigned learned;
    bool changed; /* since watched_ports_filter */
};

/* For tracker_options.other_port. True where the port is now one of SSH for good. */
bool watched_ports_note(struct watched_ports *watched, enum other_port_news news, uint16_t port, int64_t ts_us);

/* Ends trials whose time is over. True where the filter has to be made anew; `out` is then what it has to take. */
bool watched_ports_filter(struct watched_ports *watched, int64_t now_us, struct port_set *out);

/* The port at which most SYNs were refused without being looked at, one that is likely SSH's before all others; 0: none
 * was. `count`: how often. `others`: how often at all other such ports. */
uint16_t watched_ports_refused(const struct watched_ports *watched, uint64_t *count, uint64_t *others);

#endif
