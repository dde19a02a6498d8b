/* ICMP errors to facts: each finds its attempt by the packet that it quotes. */
#ifndef TRACK_ICMP_ERRORS_H
#define TRACK_ICMP_ERRORS_H

#include "life.h"

struct recorded record_icmp_error(struct tracker *t, const struct packet *packet);

#endif
