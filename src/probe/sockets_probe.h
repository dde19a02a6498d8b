/* The probe that ordinary sockets allow: connect(), IP_TTL, IP_RECVERR, a banner. */
#ifndef PROBE_SOCKETS_PROBE_H
#define PROBE_SOCKETS_PROBE_H

#include <sshsniff/probe.h>

/* Fills in the probe packets, their replies as far as sockets show them, and the banner check. */
void sockets_probe(struct probe_facts *facts, uint32_t scope, const struct probe_options *options);

#endif
