/* The sending half of a sweep: threads that share the ports of a round among them, and the RST for a port that
 * answered.
 */
#ifndef PROBE_SWEEP_SENDER_H
#define PROBE_SWEEP_SENDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <sshsniff/port_set.h>
#include <sshsniff/probe.h>

#include "pace.h"
#include "sweep_packet.h"

enum {
    SWEEP_THREADS =
        2 /* for what a SYN costs this machine (and, in a lab, the other one too) is spent in the send call */
};

struct sweep_sender {
    struct address target;
    struct probe_cookie_key key;
    struct sweep_packet syn, rst;
    int raw;         /* a socket of our own; -1: none */
    int link;        /* the capture's socket, which sends too */
    bool link_known; /* the packets' first bytes are the link header, and `link` is what they leave by */
    struct sockaddr_storage to;
    socklen_t to_length;
    uint16_t start;       /* of the order: place i is port start + i * STEP */
    uint16_t source_port; /* of this round */
    unsigned batch;
    struct port_set skip; /* ports not asked in this round; does not change while threads are at work */
    struct pace pace;
    pthread_t thread[SWEEP_THREADS];
    unsigned threads;      /* to join */
    _Atomic uint32_t next; /* place in the order of ports */
    _Atomic uint64_t sent;
    _Atomic int sending; /* threads at work */
    atomic_bool stop;
};

/* Opens what needs privilege. False with one line in `error`; it is to be closed even then. `rate`: the most, packets a
 * second. */
bool sweep_sender_open(struct sweep_sender *s, const struct address *source, const struct address *target,
                       uint32_t scope, unsigned rate, char error[PROBE_ERROR_SIZE]);
/* Stops the threads where they still are at work. */
void sweep_sender_close(struct sweep_sender *s);

/* From now on packets leave by `descriptor`, behind this header: past the queues and past this machine's other
 * captures. Not while threads are at work. */
void sweep_sender_use_link(struct sweep_sender *s, const uint8_t header[SWEEP_LINK_SIZE], int descriptor);

/* Begins to ask all ports but those of `skip`. False with one line in `error` where no thread could be started. */
bool sweep_sender_begin(struct sweep_sender *s, uint16_t source_port, const struct port_set *skip, int64_t now_us,
                        int64_t rtt_us, char error[PROBE_ERROR_SIZE]);
/* Waits for the threads of a round. */
void sweep_sender_join(struct sweep_sender *s);

/* The port has answered for the first time. */
void sweep_sender_answered(struct sweep_sender *s, uint16_t port);
/* Resets the connection that the answer of an open port would begin. */
void sweep_sender_reset(struct sweep_sender *s, uint16_t source_port, uint16_t port);

#endif
