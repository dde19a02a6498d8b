/* Which packets are sent when, and when nothing more can be learned. */
#ifndef PROBE_PLAN_H
#define PROBE_PLAN_H

#include <sshsniff/probe.h>

enum {
    PLAN_CONNECTIONS = 8,      /* the SSH port, and the usual other ports */
    PLAN_CONNECTION_TRIES = 4, /* ports of its own that a connection has, one after the other, where one is taken */
    PLAN_PORTS = PROBE_PACKETS + PLAN_CONNECTIONS * PLAN_CONNECTION_TRIES,
};
/* Source ports of the probe packets begin here, those of the connections after them: PLAN_PORTS of them. */
uint16_t plan_base_port(const struct probe_options *options);

/* The first packets. */
void plan_first(struct probe_facts *facts, int64_t now_us);
/* Lets the sweeps of TTLs grow, and adds what earlier answers call for. */
void plan_grow(struct probe_facts *facts, int64_t now_us);
/* The packet of those due that has waited longest; NULL: none is due. */
struct probe_packet *plan_next_due(struct probe_facts *facts, int64_t now_us);
/* True where nothing more can be learned by waiting. */
bool plan_done(const struct probe_facts *facts, int64_t now_us);

/* --patient: adds its fragments, once. */
void plan_add_fragments(struct probe_facts *facts, int64_t now_us);
/* The fragments themselves, and whether all of them were answered or never will be (patience.c). */
void patience_add_fragments(struct probe_facts *facts, uint16_t control_port, int64_t now_us);
bool patience_done(const struct probe_facts *facts, int64_t now_us);

/* Whether anything at all came in the target's name. */
bool plan_heard_target(const struct probe_facts *facts);
/* True where the plan waits for no ICMP error: hosts and routers ration them, and a sweep of all ports would use them
 * up.
 */
bool plan_needs_no_icmp_error(const struct probe_facts *facts, int64_t now_us);
/* The shortest that an answer of the target took; 0: none came. */
int64_t plan_shortest_rtt(const struct probe_facts *facts);

#endif
