/* The connections of a plan: the banner check of the SSH port, and one to each of the usual other ports that is open.
 */
#ifndef PROBE_CONNECTIONS_H
#define PROBE_CONNECTIONS_H

#include "banner_grab.h"
#include "banners.h"
#include "plan.h"

struct connections {
    struct probe_facts *facts; /* what they learn goes there */
    uint32_t scope;
    int64_t banner_us;   /* how long a banner is waited for */
    bool other_ways;     /* answers may come in by an interface that is not watched */
    bool check_begun;    /* the banner check */
    uint16_t check_port; /* its local port; 0: it could not begin */
    struct banner_grab *grab[PLAN_CONNECTIONS];
    unsigned count;
};

/* Connects to what has answered with a SYN-ACK. Where the sweep reads banners, other ports are left to `banners`. */
void connections_begin(struct connections *c, struct banners *banners);
/* Where nothing of the target was seen, an ordinary connection tells whether the kernel hears of it by another way. */
void connections_look_elsewhere(struct connections *c, int64_t now_us);
/* Takes what has come. True while there is more to wait for. */
bool connections_step(struct connections *c, int64_t now_us);
void connections_free(struct connections *c);

#endif
