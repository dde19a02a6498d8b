/* The sweep of all ports: driven by the engine, which shows it what comes in; senders of its own. */
#ifndef PROBE_SWEEP_H
#define PROBE_SWEEP_H

#include <sshsniff/capture.h>
#include <sshsniff/packet.h>
#include <sshsniff/probe.h>

struct sweep; /* opaque; NULL stands for "not asked for" in all functions */

/* Opens what needs privilege. Results go to `out`. NULL with one line in `error`. */
struct sweep *sweep_open(const struct address *target, uint32_t scope, const struct probe_route *route, unsigned rate,
                         struct probe_sweep *out, char error[PROBE_ERROR_SIZE]);
/* Stops the senders where they still are at work. */
void sweep_close(struct sweep *sweep);

/* All SYNs of the sweep come from this port or one of those after it. */
enum { SWEEP_PORTS = 6 };
uint16_t sweep_first_port(const struct sweep *sweep);

/* `frame`: a SYN of the probe on its way out, as the kernel made it. Where it left with an Ethernet header, whole and
 * with its own addresses, the sweep's own can go the same way without the kernel's routing of each. */
void sweep_learn(struct sweep *sweep, const struct frame *frame, const struct packet *packet);

bool sweep_begin(struct sweep *sweep, int64_t rtt_us, char error[PROBE_ERROR_SIZE]);
/* True where the packet answers a SYN of the sweep. */
bool sweep_take(struct sweep *sweep, const struct packet *packet);
/* Ends rounds and begins new ones. False where one could not begin. */
bool sweep_step(struct sweep *sweep, char error[PROBE_ERROR_SIZE]);
bool sweep_is_over(const struct sweep *sweep);
/* True where what else there is to do had better wait a moment: towards a near host the processors set the pace, and
 * reading banners would only slow the sweep that it then waits for. */
bool sweep_goes_first(const struct sweep *sweep);
/* True where a port answered only when it was asked again. */
bool sweep_saw_loss(const struct sweep *sweep);
/* The next open port not yet reported; 0: none. */
uint16_t sweep_next_open(struct sweep *sweep);

#endif
