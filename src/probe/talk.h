/* One ordinary connection to a port, to read what it says first. It never logs in. */
#ifndef PROBE_TALK_H
#define PROBE_TALK_H

#include <sshsniff/probe.h>

#define TALK_BYTES 1024

struct talk {
    int fd; /* -1: over */
    struct probe_service *service;
    int64_t started_us, connected_us, last_heard_us;
    int64_t wait_us;
    uint16_t local_port;
    bool greeted;
    size_t length;
    uint8_t bytes[TALK_BYTES];
};

/* `local_port` 0: the kernel's choice. False where no connection could be begun. */
bool talk_start(struct talk *talk, const struct address *target, uint32_t scope, uint16_t port, uint16_t local_port,
                int64_t wait_us, struct probe_service *service, int64_t now_us);
/* Takes what has come. True while the talk goes on. */
bool talk_step(struct talk *talk, int64_t now_us);

/* Gives the connection up. */
void talk_end(struct talk *talk);

/* Wall clock, microseconds: the clock of captured packets. */
int64_t probe_now_us(void);

#endif
