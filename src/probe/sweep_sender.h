/* The sending half of a sweep, in a process of its own: the one that reads the answers holds no socket to send by.
 *
 * Threads of that process share the ports of a round among them; what answers tell of the pace reaches them by memory
 * that both have. Nothing in that memory says to whom or what is sent. */
#ifndef PROBE_SWEEP_SENDER_H
#define PROBE_SWEEP_SENDER_H

#include <stdatomic.h>

#include <sshsniff/port_set.h>
#include <sshsniff/probe.h>

#include "os/helper.h"
#include "pace.h"

/* What both processes have. Whoever reads the answers may have been taken over: it is believed in nothing that counts.
 */
struct sweep_shared {
    struct pace pace;
    struct port_set skip;  /* ports not asked in this round; does not change while threads are at work */
    _Atomic uint32_t next; /* place in the order of ports */
    _Atomic uint64_t sent;
    _Atomic int sending; /* threads at work */
    atomic_bool stop;
};

struct sweep_sender {
    struct helper helper;
    struct sweep_shared *shared; /* NULL: not open */
    struct address target;
    struct probe_cookie_key key;
    uint16_t start; /* of the order: place i is port start + i * STEP */
    bool link_known;
};

/* Starts the process, which opens what needs privilege. False with one line in `error`; it is to be closed even then.
 * `rate`: the most, packets a second. */
bool sweep_sender_open(struct sweep_sender *s, const struct probe_route *route, const struct address *target,
                       uint32_t scope, unsigned rate, char error[PROBE_ERROR_SIZE]);
/* Stops the threads where they still are at work. */
void sweep_sender_close(struct sweep_sender *s);

/* From now on packets leave behind this header: past the queues and past this machine's captures. Not while threads are
 * at work. */
void sweep_sender_use_link(struct sweep_sender *s, const uint8_t header[HELPER_LINK_SIZE]);

/* Begins to ask all ports but those of `skip`. False with one line in `error` where no thread could be started. */
bool sweep_sender_begin(struct sweep_sender *s, uint16_t source_port, const struct port_set *skip, int64_t now_us,
                        int64_t rtt_us, char error[PROBE_ERROR_SIZE]);
/* Waits for the end of a round. */
void sweep_sender_join(struct sweep_sender *s);

/* The port has answered for the first time. */
void sweep_sender_answered(struct sweep_sender *s, uint16_t port);
/* Resets the connection that the answer of an open port would begin. */
void sweep_sender_reset(struct sweep_sender *s, uint16_t source_port, uint16_t port);

#endif
