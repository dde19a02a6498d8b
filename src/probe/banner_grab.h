/* One ordinary connection to a port, to read what it says first. It never logs in. */
#ifndef PROBE_BANNER_GRAB_H
#define PROBE_BANNER_GRAB_H

#include <sshsniff/probe.h>

#define GRAB_BYTES 1024

struct banner_grab {
    int fd; /* -1: over */
    struct probe_service *service;
    int64_t started_us, connected_us, last_heard_us;
    int64_t wait_us;
    uint16_t local_port;
    bool greeted;
    size_t length;
    uint8_t bytes[GRAB_BYTES];
};

/* Begins at `local_port`, or at the next of its own where that is taken: PLAN_CONNECTIONS further on, and so on. 0: the
 * kernel's choice. False where no connection could be begun. */
bool grab_start(struct banner_grab *grab, const struct address *target, uint32_t scope, uint16_t port,
                uint16_t local_port, int64_t wait_us, struct probe_service *service, int64_t now_us);
/* Takes what has come. True while there is more to wait for. */
bool grab_step(struct banner_grab *grab, int64_t now_us);

/* Gives the connection up. */
void grab_end(struct banner_grab *grab);

#endif
